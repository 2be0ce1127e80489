"""Language identification against fastText's own library: the label is the same and the probability within 1e-4, on every text.

The peer is libfasttext (Debian libfasttext-dev), which takes any bytes; without it PyPI's fasttext-predict, which takes the texts that are
UTF-8. Texts: the shared test data where it is there (gold texts, pages as they are, Chinese books and poems, texts of the labelling sets;
each whole and line by line), and always random bytes, random characters of every script, mixtures, and odd cases.

Last, the operator's verdicts, by the program itself, against what datatrove's LanguageFilter would say with the peer's probabilities.
"""
import csv
import glob
import gzip
import io
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("CIYUAN", os.path.join(ROOT, "build/release/ciyuan"))
SHARED = os.environ.get("CIYUAN_SHARED", os.path.join(ROOT, "../shared"))
DEPS = os.environ.get("CIYUAN_DEPS", os.path.join(ROOT, ".deps"))
MODEL = os.path.join(DEPS, "share/lid.176.ftz")
TOLERANCE = 1e-4
LONG_BYTES = 100_000
failed = False


def tell(ok, sentence, why=""):
    global failed
    failed = failed or not ok
    print(f"ok - {sentence}" if ok else f"not ok - {sentence}: {why}", flush=True)


# ---- texts ----

def strings_in(value):
    """All strings of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)


def gold_texts():
    with gzip.open(f"{SHARED}/data/web/gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["main_content"].encode()


def page_texts(name):
    """The records of a WARC file, markup and all: bytes in many encodings."""
    with gzip.open(name) as file:
        yield from file.read().split(b"WARC/1.0\r\n")


def chinese_texts():
    for name in sorted(glob.glob(f"{SHARED}/data/zh/*.jsonl.gz")):
        with gzip.open(name, "rt", encoding="utf-8") as lines:
            for line in lines:
                for text in strings_in(json.loads(line)):
                    yield text.encode()


def label_texts():
    for name in sorted(glob.glob(f"{SHARED}/data/labels/**/*", recursive=True)):
        if not os.path.isfile(name):
            continue
        content = open(name, "rb").read()
        if name.endswith(".gz"):
            content = gzip.decompress(content)
        if ".jsonl" in name:
            for line in content.splitlines():
                if line.strip():
                    for text in strings_in(json.loads(line)):
                        yield text.encode()
        elif ".json" in name:
            for text in strings_in(json.loads(content)):
                yield text.encode()
        elif ".csv" in name or ".tsv" in name:
            for row in csv.reader(io.StringIO(content.decode("utf-8", "replace")), delimiter="\t" if ".tsv" in name else ","):
                for text in row:
                    yield text.encode()
        else:
            yield content


def lines_of(texts):
    for text in texts:
        for line in text.split(b"\n"):
            yield line


SCRIPTS = ((0x20, 0x7F), (0xA0, 0x250), (0x370, 0x400), (0x400, 0x500), (0x530, 0x590), (0x590, 0x600), (0x600, 0x700), (0x900, 0xE80),
           (0x10A0, 0x1100), (0x3040, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A0), (0x1F300, 0x1F700), (0x20000, 0x2A000))


def random_texts(random_source):
    for _ in range(3000):
        yield random_source.randbytes(random_source.choice((1, 2, 5, 17, 33, 64, 200, 1000)))
    for _ in range(500):  # runs of continuation bytes, so that characters are longer than UTF-8 allows
        yield bytes(random_source.choice((0x80, 0xBF, 0x85, 0x41, 0xC3, 0x20, 0xE4)) for _ in range(random_source.randrange(1, 300)))
    for _ in range(3000):  # words of one script
        low, high = random_source.choice(SCRIPTS)
        yield " ".join("".join(chr(random_source.randrange(low, high)) for _ in range(random_source.randrange(1, 40)))
                       for _ in range(random_source.randrange(1, 20))).encode()
    for _ in range(3000):  # all scripts in a word
        yield "".join(chr(random_source.randrange(*random_source.choice(SCRIPTS))) for _ in range(random_source.randrange(1, 120))).encode()


def odd_texts():
    yield b""
    yield from (b" ", b"\n", b"\0", b"\0\0a\0b", b"a", b"</s>", b"the </s> der die das", b"__label__en", b"__label__xx der", b"a__label__en", b"<", b">",
                b"<>", b"\x80", b"\xff", b"a\x80\x80", b"\t\x0b\x0c\r the\rcat\x0bsat\x0con", b"\xc2\xa0", b"\xe3\x80\x80")
    yield from (b"the" * 1, b"the " * 100000, b"a" * 31, b"a" * 32, b"a" * 33, b"a" * 100000, b"\x80" * 100000, b"\xe4\xb8\x80" * 50000,
                "中文\u3000English 中文".encode() * 1000)
    yield from (b"x" * n + b" " + b"y" * (70 - n) for n in range(70))


# ---- the two sides ----

def records(texts):
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def compile_own(folder):
    library = os.path.join(os.path.dirname(PROGRAM), "libciyuan.a")
    if not os.path.exists(library):
        return None
    own = os.path.join(folder, "own")
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", f"-I{ROOT}/src", f"{ROOT}/tests/parity/language_own.c", library, "-lcrypto", "-lxxhash", "-lpthread",
                    "-lm", "-o", own], check=True)
    return own


def run_side(program, texts, *mode):
    output = subprocess.run([program, MODEL, *mode], input=records(texts), stdout=subprocess.PIPE, check=True).stdout.decode()
    return [line.split() for line in output.split("\n")[:-1]]


class Library:
    """libfasttext, by language_peer.cc."""
    name = "libfasttext"
    exact = True  # it can add the rows in double

    def __init__(self, folder):
        self.program = os.path.join(folder, "peer")
        subprocess.run(["g++", "-O2", "-w", f"{ROOT}/tests/parity/language_peer.cc", "-lfasttext", "-o", self.program], check=True)

    def takes(self, text):
        return True

    def run(self, texts, *mode):
        return run_side(self.program, texts, *mode)


class Package:
    """PyPI's fasttext-predict."""
    name = "fasttext-predict"
    exact = False

    def __init__(self):
        import fasttext
        self.model = fasttext.load_model(MODEL)

    def takes(self, text):
        try:
            return "\0" not in text.decode()
        except UnicodeDecodeError:
            return False

    def run(self, texts):
        for text in texts:
            labels, scores = self.model.predict(text.decode().replace("\n", " "), k=5)
            yield [item for label, score in zip(labels, scores) for item in (label.removeprefix("__label__"), str(float(score)))]


def find_peer(folder):
    if os.path.exists("/usr/include/fasttext/fasttext.h"):
        return Library(folder)
    try:
        return Package()
    except ImportError:
        return None


def gap_between(ours, theirs):
    """The largest difference in probability, infinite where the first label is another (unless two are equally probable)."""
    scores, peer_scores = (dict(zip(side[::2], map(float, side[1::2]))) for side in (ours, theirs))
    # a label that only one side has among its five is no more probable than the other's fifth
    gap = max((abs(scores[label] - peer_scores[label]) for label in peer_scores if label in scores), default=0.0)
    tie = min(len(ours), len(theirs)) > 3 and abs(float(theirs[1]) - float(theirs[3])) < TOLERANCE
    return gap if ours[:1] == theirs[:1] or tie else float("inf")


def compare(sentence, texts, own, peer):
    texts = [text for text in texts if peer.takes(text)]
    ours, theirs = run_side(own, texts), list(peer.run(texts))
    assert len(ours) == len(theirs) == len(texts)
    gaps = [gap_between(a, b) for a, b in zip(ours, theirs)]
    # fastText adds rows up in float, which drifts over a long text: such texts are compared with its own rows added up in double
    drifted = [i for i, gap in enumerate(gaps) if gap > TOLERANCE and len(texts[i]) >= LONG_BYTES]
    exact = peer.run([texts[i] for i in drifted], "exact") if peer.exact else [ours[i] for i in drifted]
    for i, by_double in zip(drifted, exact):
        gaps[i] = gap_between(ours[i], by_double)
    drift = f" ({len(drifted)} of more than 100 kB {'with the rows added in double' if peer.exact else 'left out'})" if drifted else ""
    differences = [(texts[i][:60], ours[i][:4], theirs[i][:4]) for i, gap in enumerate(gaps) if gap > TOLERANCE]
    tell(not differences, f"{sentence} as {peer.name} does: {len(texts)} texts, {sum(map(len, texts)) / 1e6:.1f} MB, "
         f"largest difference {max(gaps, default=0):.1e}{drift}", f"{len(differences)} differ, first {differences[:3]}")


def compare_verdicts(folder, texts, peer):
    """datatrove 0.10.1, LanguageFilter.filter: a document stays when a language asked for has more than the threshold."""
    texts = [text for text in texts if text.strip()]
    documents = os.path.join(folder, "documents.jsonl")
    with open(documents, "w", encoding="utf-8") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": str(number), "text": text.decode()}, ensure_ascii=False) + "\n")
    theirs = list(peer.run(texts))
    for keep, threshold in ((["en", "zh"], 0.65), (["zh", "ja", "de"], 0.2), (["fr"], 0.25)):
        step = f"language:{{keep: [{', '.join(keep)}], score_min: {threshold}}}"
        lines = subprocess.run([PROGRAM, "try", step, documents], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
        verdicts = {line["id"]: line["what"] == "kept" for line in map(json.loads, lines)}
        differences = []
        for number, guesses in enumerate(theirs):
            scores = dict(zip(guesses[::2], map(float, guesses[1::2])))
            best = max((scores.get(label, 0.0) for label in keep), default=0.0)
            if verdicts[str(number)] != (best > threshold) and abs(best - threshold) > TOLERANCE:
                differences.append((number, best))
        tell(not differences, f"{step} keeps what datatrove's LanguageFilter keeps: {len(texts)} texts, {sum(verdicts.values())} kept",
             f"{len(differences)} differ, first {differences[:3]}")


def main():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.randrange(1, 1 << 32)
    if not os.path.exists(MODEL):
        print("skip - language identification against fastText: lid.176.ftz is absent")
        return
    with tempfile.TemporaryDirectory() as folder:
        own, peer = compile_own(folder), find_peer(folder)
        if own is None or peer is None:
            print("skip - language identification against fastText: " + ("libciyuan.a" if own is None else "fastText") + " is absent")
            return
        compare("odd texts are identified", odd_texts(), own, peer)
        compare(f"random bytes and characters (seed {seed}) are identified", random_texts(random.Random(seed)), own, peer)
        if not os.path.isdir(f"{SHARED}/data"):
            print("skip - the shared texts are identified as fastText does: the shared test data is absent")
            return
        for name, make in (("gold texts", gold_texts), ("Chinese books and poems", chinese_texts), ("labelling texts", label_texts)):
            compare(f"{name} are identified", make(), own, peer)
            compare(f"{name}, line by line, are identified", lines_of(make()), own, peer)
        for name in sorted(glob.glob(f"{SHARED}/data/web/pages-*.warc.gz")):
            compare(f"the pages of {os.path.basename(name)} are identified", page_texts(name), own, peer)
        mixed = list(gold_texts()) + list(label_texts())[:3000] + list(chinese_texts())[:3000]
        compare_verdicts(folder, mixed, peer)


if __name__ == "__main__":
    main()
    sys.exit(failed)
