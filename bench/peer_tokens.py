#!/usr/bin/env python3
"""Tokens a second beside gigatoken and tiktoken: one thread, every run a fresh process, the programs in turn.

    pip install -r bench/requirements.txt;  cmake --preset bench && cmake --build --preset bench
    bench/peer_tokens.py VOCABULARY.json[,VOCABULARY.json …] FILE.jsonl[.gz] …  [--rounds 3]

VOCABULARY is a rank file in JSON (npm tiktoken, encoders/NAME.json) or a tokenizer.json, called NAME.json. Documents (`text` or `main_content`) are cut at
about 4 KB; files given together with a comma are one text. MB/s of processor time, the median of the rounds: the first pass, over text that nobody has
seen, and the third. Of ciyuan also two threads together, each by its own processor time; its loading is with a compiled form in place.
"""
import argparse
import base64
import gzip
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = os.path.join(ROOT, "build/bench/bench_tokens")
DOCUMENT_BYTES = 4096


def documents(paths):
    for path in paths.split(","):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                text, at = (row.get("text") or row.get("main_content") or "").encode(), 0
                while at < len(text):
                    end = min(len(text), at + DOCUMENT_BYTES)
                    while end < len(text) and text[end] & 0xC0 == 0x80:
                        end += 1
                    yield text[at:end]
                    at = end


def read_records(path):
    content, at, texts = open(path, "rb").read(), 0, []
    while at < len(content):
        size = struct.unpack_from("<I", content, at)[0]
        texts.append(content[at + 4:at + 4 + size])
        at += 4 + size
    return texts


def ranks_of(vocabulary):
    ranks = {}
    for line in vocabulary["bpe_ranks"].split("\n"):
        first, tokens = int(line.split(" ")[1]), line.split(" ")[2:]
        ranks.update((base64.b64decode(token), first + index) for index, token in enumerate(tokens))
    return ranks


def run_peer(peer, vocabulary_path, records, passes):
    """In a process of its own: prints the load and first call in ms, then MB/s a pass."""
    name = os.path.basename(vocabulary_path).rsplit(".", 1)[0]
    content, texts = open(vocabulary_path, encoding="utf-8").read(), read_records(records)
    vocabulary = json.loads(content)
    ranks = ranks_of(vocabulary) if "bpe_ranks" in vocabulary else None
    if peer == "gigatoken":
        import gigatoken

        if ranks is not None:
            rank_file = f"{records}.{name}/{name}.tiktoken"
            os.makedirs(os.path.dirname(rank_file), exist_ok=True)
            with open(rank_file, "w") as out:
                out.writelines(f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks.items())
        start = time.process_time()
        tokenizer = gigatoken.Tokenizer.from_json(content) if ranks is None else gigatoken.Tokenizer.from_tiktoken(rank_file)
        loaded = time.process_time()
        tokenizer.encode(b"hello")
        encode = lambda: tokenizer.encode_batch(texts, parallel=False)
    else:
        import tiktoken

        strings = [text.decode() for text in texts]
        start = time.process_time()
        encoding = tiktoken.Encoding(name, pat_str=vocabulary["pat_str"], mergeable_ranks=ranks, special_tokens=vocabulary["special_tokens"])
        loaded = time.process_time()
        encoding.encode_ordinary("hello")
        encode = lambda: [encoding.encode_ordinary(text) for text in strings]
    first = time.process_time()
    print(f"{(loaded - start) * 1e3} {(first - loaded) * 1e3}")
    size = sum(map(len, texts))
    for _ in range(passes):
        start = time.process_time()
        encode()
        print(size / 1e6 / (time.process_time() - start))


def own_run(vocabulary, records, threads, folder):
    """Load and first call in ms, MB/s of each pass when encoding, and when counting."""
    output = subprocess.run([OURS, vocabulary, records, "3", str(threads), folder], stdout=subprocess.PIPE, check=True, text=True).stdout
    times = re.search(r"loaded in ([\d.]+) ms, first call ([\d.]+) ms", output)
    return [float(times[1]), float(times[2])] + [float(rate) for rate in re.findall(r"pass \d+: +([\d.]+) MB/s", output)]


def measure(program, vocabulary, records, folder):
    """A name for each number."""
    if program == "ciyuan":
        one, two = own_run(vocabulary, records, 1, folder), own_run(vocabulary, records, 2, folder)
        names = ("load ms", "first call ms", "unseen", "", "third", "count unseen", "", "count third")
        return {**{name: value for name, value in zip(names, one) if name}, "two threads unseen": two[2], "two threads third": two[4]}
    command = [sys.executable, __file__, "--peer", program, vocabulary, records, "1" if program == "tiktoken" else "3"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    load, first = map(float, lines[0].split())
    rates = [float(line) for line in lines[1:] if line]
    return {"load ms": load, "first call ms": first, "unseen": rates[0], **({"third": rates[2]} if len(rates) > 2 else {})}


def main():
    if sys.argv[1:2] == ["--peer"]:
        return run_peer(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    parser = argparse.ArgumentParser()
    parser.add_argument("vocabularies")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for index, files in enumerate(options.files):
            records = os.path.join(folder, f"{index}.records")
            if files.endswith(".records"):
                records = files
            else:
                with open(records, "wb") as out:
                    out.writelines(struct.pack("<I", len(text)) + text for text in documents(files))
            for vocabulary in options.vocabularies.split(","):
                own_run(vocabulary, records, 1, folder)  # makes the compiled form, and wakes the machine
                found = {}
                for round_index in range(options.rounds):
                    for program in ("ciyuan", "gigatoken") + (("tiktoken",) if round_index == 0 and "bpe_ranks" in open(vocabulary).read() else ()):
                        for name, value in measure(program, vocabulary, records, folder).items():
                            found.setdefault(program, {}).setdefault(name, []).append(value)
                print(f"{files}, {os.path.getsize(records) / 1e6:.1f} MB, {os.path.basename(vocabulary)}")
                for program, values in found.items():
                    print(f"  {program:10} " + ", ".join(f"{name} {statistics.median(value):.1f}" for name, value in values.items()), flush=True)


main()
