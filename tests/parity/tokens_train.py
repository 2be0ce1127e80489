#!/usr/bin/env python3
"""`ciyuan tokens train` learns what Hugging Face tokenizers' BpeTrainer learns from the same documents: the same tokenizer.json."""
import gzip, json, os, random, subprocess, sys, tempfile

CIYUAN = os.environ.get("CIYUAN", "build/release/ciyuan")
SHARED = os.environ.get("CIYUAN_SHARED", "")
try:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
except ImportError as error:
    print(f"skip - training is as Hugging Face's: {error}")
    sys.exit(0)

# As the models' own tokenizer.json have them; gpt2's is built into ByteLevel.
PATTERNS = {
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen3_5": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": "|".join([r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                       r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                       r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"]),
}
seed = int(os.environ.get("CIYUAN_SEED", random.randrange(1 << 32)))
rng = random.Random(seed)
failed = 0


def peer(texts, size, frequency_min, specials, pattern):
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern == "gpt2")
    tokenizer.pre_tokenizer = byte_level if pattern == "gpt2" else pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(PATTERNS[pattern]), behavior="isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency_min, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return json.loads(tokenizer.to_str())


def ours(texts, size, frequency_min, specials, pattern, threads):
    with tempfile.TemporaryDirectory() as folder:
        path, out = os.path.join(folder, "docs.jsonl"), os.path.join(folder, "tokenizer.json")
        with open(path, "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        subprocess.run([CIYUAN, "tokens", "train", "--size", str(size), "--frequency-min", str(frequency_min), "--specials", ",".join(specials),
                        "--pattern", pattern, "--threads", str(threads), "--output", out, path], check=True, stdout=subprocess.DEVNULL)
        return json.load(open(out))


def difference(one, other):
    for i, (a, b) in enumerate(zip(one["model"]["merges"], other["model"]["merges"])):
        if a != b:
            return f"merge {i} is {a}, the peer's {b}"
    keys = [key for key in other if one.get(key) != other[key]]
    return f"{len(one['model']['merges'])} and {len(other['model']['merges'])} merges; they differ in {keys}"


def check(sentence, texts, size, frequency_min=2, specials=(), pattern="gpt2", threads=2):
    global failed
    one, other = ours(texts, size, frequency_min, list(specials), pattern, threads), peer(texts, size, frequency_min, list(specials), pattern)
    good = one == other
    failed += not good
    print(f"ok - {sentence}" if good else f"not ok - {sentence}: seed {seed}: {difference(one, other)}", flush=True)


check("a few words", ["the cat and the hat", "the that then there"], 300)
check("nothing at all", [""], 300)
check("runs of one letter, where merges overlap", ["a" * n for n in range(1, 60)] + ["ab" * 30, "aab" * 20], 400, 1)
check("special tokens come first", ["the end <|endoftext|> the end"] * 5, 320, specials=["<|endoftext|>", "<|pad|>"])
check("pairs that come too seldom stay apart", [f"word{i} word" for i in range(200)], 2000, 3)
check("random words of few letters, many ties", ["".join(rng.choice("abc ") for _ in range(2000)) for _ in range(20)], 600, 1)
check("random Unicode", ["".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0xA0, 0x2FF), rng.randrange(0x4E00, 0x4F00), 0x1F600]))
                                 for _ in range(500)) for _ in range(40)], 900)
hard = ["We'LL see: HTTPServer2's x86_64/arm64\r\n\n  1234567 ÄÖü नमस्ते 1/2 //\n/* */ " + chr(rng.randrange(0x300, 0x370)) * 2 + f"y{i}" for i in range(60)]
for pattern in PATTERNS:
    check(f"case, marks, numbers and slashes by the pattern of {pattern}", hard, 700, 1, pattern=pattern)
zh = os.path.join(SHARED, "data/zh/d2l.jsonl.gz")
if os.path.exists(zh):
    texts = [json.loads(line)["text"] for line in gzip.open(zh, "rt")][:120]
    check("Chinese and English prose, 4,000 ids, GPT-2's pattern", texts, 4000)
    check("the same by Llama 3's pattern, on one thread and on three", texts, 3000, pattern="llama3", threads=3)
else:
    print("skip - Chinese and English prose: there is no shared test data")
sys.exit(failed > 0)
