#!/usr/bin/env python3
"""Tokens a second beside gigatoken and tiktoken: one thread, every run a fresh process, the programs in turn.

    pip install -r bench/requirements.txt;  cmake --preset bench && cmake --build --preset bench
    bench/peer_tokens.py VOCABULARY.json FILE.jsonl[.gz] …  [--rounds 3]

VOCABULARY is a rank file in JSON (npm tiktoken, encoders/NAME.json). Documents (`text` or `main_content`) are cut at about 4 KB; files given together with a
comma are one text. MB/s of processor time, the best of the rounds: the first pass, over text that nobody has seen, and the third.
"""
import argparse
import base64
import gzip
import json
import os
import re
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
    vocabulary, texts = json.load(open(vocabulary_path)), read_records(records)
    ranks = ranks_of(vocabulary)
    if peer == "gigatoken":
        import gigatoken

        rank_file = f"{records}.{name}/{name}.tiktoken"
        os.makedirs(os.path.dirname(rank_file), exist_ok=True)
        with open(rank_file, "w") as out:
            out.writelines(f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks.items())
        start = time.process_time()
        tokenizer = gigatoken.Tokenizer.from_tiktoken(rank_file)
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


def measure(program, vocabulary, records):
    """(load ms, first call ms, [MB/s a pass], [MB/s a pass when counting])."""
    if program == "ciyuan":
        output = subprocess.run([OURS, vocabulary, records, "3"], stdout=subprocess.PIPE, check=True, text=True).stdout
        times = re.search(r"loaded in ([\d.]+) ms, first call ([\d.]+) ms", output)
        passes = [[float(rate) for rate in re.findall(rf"{kind} pass \d+: +([\d.]+) MB/s", output)] for kind in ("encode", "count")]
        return float(times[1]), float(times[2]), *passes
    command = [sys.executable, __file__, "--peer", program, vocabulary, records, "1" if program == "tiktoken" else "3"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    return *map(float, lines[0].split()), [float(line) for line in lines[1:] if line], []


def main():
    if sys.argv[1:2] == ["--peer"]:
        return run_peer(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    parser = argparse.ArgumentParser()
    parser.add_argument("vocabulary")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for index, files in enumerate(options.files):
            records = os.path.join(folder, f"{index}.records")
            with open(records, "wb") as out:
                out.writelines(struct.pack("<I", len(text)) + text for text in documents(files))
            print(f"{files}, {os.path.getsize(records) / 1e6:.1f} MB, {os.path.basename(options.vocabulary)}")
            best = {}
            for round_index in range(options.rounds):
                for program in ("ciyuan", "gigatoken") + (("tiktoken",) if round_index == 0 else ()):
                    load, first, encode, count = measure(program, options.vocabulary, records)
                    known = best.setdefault(program, [load, first, encode, count])
                    known[:2] = min(known[0], load), min(known[1], first)
                    known[2:] = [[max(pair) for pair in zip(old, new)] for old, new in zip(known[2:], (encode, count))]
            for program, (load, first, encode, count) in best.items():
                third = f"{encode[2]:7.1f} the third time" if len(encode) > 2 else ""
                counting = f"; counting {count[0]:.1f} and {count[2]:.1f}" if count else ""
                print(f"  {program:10} load {load:6.1f} ms, first call {first:6.1f} ms; MB/s {encode[0]:7.1f} unseen, {third}{counting}", flush=True)


main()
