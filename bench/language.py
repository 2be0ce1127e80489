"""Language identification beside fastText's own library, interleaved, processor time of one thread, best of three rounds; and the labels.

  bench/language.py FILE.jsonl[.gz]:FIELD…     e.g. docs.jsonl:text gold.jsonl.gz:main_content; FIELD/lines takes each line as a text
Needs the preset bench (build/bench), build/release/libciyuan.a and Debian's libfasttext-dev. Prints two Markdown tables.
"""
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/parity"))
import language  # noqa: E402

VARIANTS = ("scalar", "avx2", "")  # of CIYUAN_CPU; "" is all that the processor can


def texts_of(spec):
    name, field = spec.rsplit(":", 1)
    field, _, unit = field.partition("/")
    with (gzip.open if name.endswith(".gz") else open)(name, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)[field].encode() for line in lines]
    return list(language.lines_of(texts)) if unit == "lines" else texts


def own_speed(records, variant):
    run = subprocess.run([os.path.join(ROOT, "build/bench/bench_language"), records, "5"], stdout=subprocess.PIPE, check=True,
                         env=dict(os.environ, CIYUAN_CPU=variant))
    return float(re.search(rb"best +([0-9.]+)", run.stdout)[1])


def peer_speed(peer, records):
    with open(records, "rb") as data:
        return float(subprocess.run([peer.program, language.MODEL, "time"], stdin=data, stdout=subprocess.PIPE, check=True).stdout.split()[1])


def speeds(folder, peer, specs):
    print("| texts | count | MB | fastText | scalar | AVX2 | AVX-512 | times fastText |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for spec in specs:
        texts = texts_of(spec)
        records = os.path.join(folder, "records")
        with open(records, "wb") as out:
            out.write(language.records(texts))
        rounds = [[peer_speed(peer, records)] + [own_speed(records, variant) for variant in VARIANTS] for _ in range(3)]
        best = [max(column) for column in zip(*rounds)]
        print(f"| {os.path.basename(spec.rsplit(":", 1)[0])}:{spec.rsplit(":", 1)[1]} | {len(texts):,} | {sum(map(len, texts)) / 1e6:.1f} | " + " | ".join(f"{speed:.0f}" for speed in best) +
              f" | {best[-1] / best[0]:.0f} |", flush=True)


def labels(own, peer):
    source = open(os.path.join(ROOT, "tests/model/test_language_id.c"), encoding="utf-8").read()
    sentences = [text for _, text in re.findall(r'\{"([a-z]+)", "(.*)"\}', source)]
    texts = [text.encode() for text in sentences]
    print("\n| sentence | ours | fastText |\n| --- | --- | --- |")
    for text, ours, theirs in zip(sentences, language.run_side(own, texts), peer.run(texts)):
        print(f"| {text} | {ours[0]} {float(ours[1]):.6f} | {theirs[0]} {float(theirs[1]):.6f} |")


with tempfile.TemporaryDirectory() as scratch:
    library = language.Library(scratch)
    speeds(scratch, library, sys.argv[1:])
    labels(language.compile_own(scratch), library)
