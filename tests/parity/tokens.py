"""Tokens against tiktoken 0.14: the same ids on every text, for gpt2, r50k_base, p50k_base, cl100k_base and o200k_base.

Texts: the shared test data where it is there (gold texts, Chinese books and poems, texts of the labelling sets), source code that the
machine has, every code point alone and between letters, random strings that a pattern finds hard, long runs. CIYUAN_TEXTS: how many random
strings a vocabulary (40,000; the full run takes 1,000,000).
"""
import base64
import glob
import gzip
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import numpy
import tiktoken

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("CIYUAN_SHARED", os.path.join(ROOT, "../shared"))
DEPS = os.environ.get("CIYUAN_DEPS", os.path.join(ROOT, ".deps"))
LIBRARY = os.environ.get("CIYUAN_LIBRARY", os.path.join(ROOT, "build/release/libciyuan.a"))
RANDOM_TEXTS = int(os.environ.get("CIYUAN_TEXTS", "40000"))
CPUS = os.environ.get("CIYUAN_CPUS", "").split()  # variants, all to give the same: "scalar avx2 best"; none: what CIYUAN_CPU says
failed = False


def tell(ok, sentence, why=""):
    global failed
    failed = failed or not ok
    print(f"ok - {sentence}" if ok else f"not ok - {sentence}: {why}", flush=True)


# ---- the peer ----

def peer(name):
    """tiktoken's own encoding, its ranks read from the same file: its own loader would download them."""
    import tiktoken_ext.openai_public as public

    file = json.load(open(f"{DEPS}/share/vocabularies/{name}.json"))
    ranks = {}
    for line in file["bpe_ranks"].split("\n"):
        first, tokens = int(line.split(" ")[1]), line.split(" ")[2:]
        ranks.update((base64.b64decode(token), first + index) for index, token in enumerate(tokens))
    for loader in ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks"):
        setattr(public, loader, lambda *arguments, **named: ranks)
    return tiktoken.Encoding(**public.ENCODING_CONSTRUCTORS[name]())


# ---- texts ----

def cut(texts, size=4096):
    for text in texts:
        for at in range(0, len(text), size):
            yield text[at:at + size]


def rows(name):
    with gzip.open(f"{SHARED}/data/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def label_texts():
    for name in sorted(glob.glob(f"{SHARED}/data/labels/*/*")):
        if os.path.isfile(name) and os.path.getsize(name) < 2_000_000:
            yield open(name, encoding="utf-8", errors="replace").read()


def source_code():
    """Of each of the endings, files that the machine has, 400 KB at most."""
    endings = "c h py pl js sh rb java rs go cpp lua css html sql ts el tcl".split()
    found = {ending: 0 for ending in endings}
    for top in (f"{ROOT}/src", f"{ROOT}/tests", "/usr/include", "/usr/share", "/usr/lib/python3"):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                ending = name.rsplit(".", 1)[-1]
                path = os.path.join(folder, name)
                if found.get(ending, 400_000) < 400_000 and os.path.isfile(path) and os.path.getsize(path) < 100_000:
                    text = open(path, encoding="utf-8", errors="replace").read()
                    found[ending] += len(text)
                    yield text


CODE_POINTS = [chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
FRAGMENTS = """'s 'S 'ſ 're 'RE 'll 'Ve 'd 'm ' '' / // \n/ a b A B the The THE don hello World camelCase x1 1 12 123 1234 12345678 . , ... != é ñ Ä ß ǅ ʰ ª
中 文 数据 的 一 ， 。 🙂 👨‍👩‍👧 ́ ़ ि न ม ่ ١ ½ ² Ⅷ ᲊ Ა ა ſ K _ - ( ) " # $ % \\ @ ㄱ 가 か カナ ー 𠀀 𝒜 𐐀 ٠ <|endoftext|>""".split() + [
    " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\u3000", "\u00a0", "\u2028", "\u0085", "\u200b", "\u200d", "\ufeff", "\0", "\x1c", "\x7f"]
RANGES = [(0, 0x80)] * 4 + [(0, 0x250), (0x300, 0x370), (0x400, 0x530), (0x900, 0xA00), (0x2000, 0x2070), (0x3000, 0x3100), (0x4E00, 0x9FFF),
                            (0xAC00, 0xD7A3), (0x1F300, 0x1F700), (0x1C80, 0x1CC0), (0x10400, 0x10500), (0, 0xD7FF), (0xE000, 0x10FFFF)]


def random_texts(count, source):
    for _ in range(count):
        fragments = source.choice((0, 0.5, 1, 1, 1))
        parts = [source.choice(FRAGMENTS) if source.random() < fragments else chr(source.randrange(*source.choice(RANGES)))
                 for _ in range(source.randrange(1, 40))]
        yield "".join(parts) * (source.randrange(2, 8) if source.random() < 0.1 else 1)


def long_runs():
    for unit in ("a", " ", "\n", "🙂", "中", "ab", "aA", "\u0301", "数据集", "0", "=", "\t", " a", "的一", "x́", "\u200d", "AAAa", "/\n", "' "):
        yield unit * (1_000_000 // len(unit.encode()))
    source = random.Random(7)
    yield "".join(source.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(1_000_000))
    yield "".join(chr(source.randrange(0x4E00, 0x9FA5)) for _ in range(330_000))
    yield "".join(source.choice("的一是了我不人在他有") for _ in range(330_000))


# ---- comparing ----

def build(folder):
    own = os.path.join(folder, "own")
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", f"-I{ROOT}/src", f"{ROOT}/tests/parity/tokens_own.c", LIBRARY, f"{DEPS}/lib/libyyjson.a",
                    "-lcrypto", "-lxxhash", "-lpcre2-8", "-lpthread", "-lm", "-o", own], check=True)
    return own


def run_own(command, texts):
    """The program's standard output and error for the texts, by each of CPUS."""
    records = b"".join(struct.pack("<I", len(text)) + text for text in (text.encode() for text in texts))
    first = None
    for cpu in CPUS or [os.environ.get("CIYUAN_CPU", "best")]:
        environment = {name: value for name, value in os.environ.items() if name != "CIYUAN_CPU"} | ({"CIYUAN_CPU": cpu} if cpu != "best" else {})
        run = subprocess.run(command, input=records, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        if run.returncode:
            return None, f"by {cpu}: {run.stderr.decode(errors='replace').strip() or run.returncode}"
        if first is not None and run.stdout != first:
            return None, f"{cpu} gives other ids than {CPUS[0]}"
        first = run.stdout
    return first, ""


def own_ids(program, name, texts, *mode):
    output, why = run_own([program, f"{DEPS}/share/vocabularies/{name}.json", *mode], texts)
    if output is None:
        raise RuntimeError(f"{name}: {why}")
    return numpy.frombuffer(output, "<u4")


def compare(program, name, encoding, texts, what):
    texts = list(texts)
    found = own_ids(program, name, texts)
    at = differing = 0
    example = ""
    for text in texts:
        expected = encoding.encode_ordinary(text)
        count = int(found[at])
        if count != len(expected) or found[at + 1:at + 1 + count].tolist() != expected:
            differing += 1
            example = example or f"{text[:100]!r}: {found[at + 1:at + 11].tolist()}, tiktoken {expected[:10]}"
        at += 1 + count
    tell(differing == 0, f"{name}: {what}, {len(texts)} texts", f"{differing} differ: {example}")


def compare_long(program, name, encoding):
    texts = list(long_runs())
    found = own_ids(program, name, texts)  # quadratic work would take hours
    at = 0
    for text in texts:
        count = int(found[at])
        ids = found[at + 1:at + 1 + count].tolist()
        at += 1 + count
        # tiktoken refuses or takes minutes for a run of a million, so that a shorter one of the same kind is compared
        part = text[:20_000]
        if encoding.encode_ordinary(part) != own_ids(program, name, [part])[1:].tolist() or encoding.decode(ids) != text:
            tell(False, f"{name}: long runs", f"{part[:20]!r} differs")
            return
    tell(True, f"{name}: {len(texts)} runs of a megabyte")


def main():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.randrange(1 << 32)
    print(f"# CIYUAN_SEED={seed}")
    if not os.path.exists(f"{DEPS}/share/vocabularies/o200k_base.json"):
        print("skip - tokens: ./setup --tests has not brought the vocabularies")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        for name in ("gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base"):
            if os.environ.get("CIYUAN_ONLY", "") not in name:
                continue
            encoding = peer(name)
            source = random.Random(seed)
            compare(program, name, encoding, random_texts(RANDOM_TEXTS, source), "random strings")
            compare_long(program, name, encoding)
            if name in ("gpt2", "p50k_base"):
                continue  # the pattern is r50k_base's, and gpt2 its tokens too
            compare(program, name, encoding, CODE_POINTS, "every code point alone")
            compare(program, name, encoding, (f"a{point}b" for point in CODE_POINTS), "every code point between letters")
            compare(program, name, encoding, cut(source_code()), "source code")
            if not os.path.isdir(f"{SHARED}/data"):
                print(f"skip - {name}: the shared test data is not there")
                continue
            compare(program, name, encoding, cut(row["main_content"] or "" for row in rows("web/gold")), "gold texts of web pages")
            compare(program, name, encoding, cut(row["text"] for part in ("zh/d2l", "zh/tang") for row in rows(part)), "Chinese")
            compare(program, name, encoding, cut(label_texts()), "labelling sets")
        texts = ["<|endoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|> <|endofprompt|>", "<|endoftext", "x" * 100 + "<|endofprompt|>"]
        found, expected = own_ids(program, "o200k_base", texts, "special").tolist(), []
        for text in texts:
            ids = peer("o200k_base").encode(text, allowed_special="all")
            expected += [len(ids), *ids]
        tell(found == expected, "o200k_base: special tokens", f"{found}, tiktoken {expected}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
