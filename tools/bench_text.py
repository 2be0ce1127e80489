#!/usr/bin/env python3
"""The English text of the benchmarks: real HTML documentation → text, 160 MB, and two parts of 21 MB.

Usage: bench_text.py DEBS OUT   DEBS holds the unpacked Debian packages rust-doc, openjdk-17-doc and debian-handbook. The pages come in an order
that a seed fixes; resiliparse makes text of them. → OUT/docs.jsonl, OUT/part-0.jsonl, OUT/part-1.jsonl
"""
import glob
import json
import random
import sys

from resiliparse.extract.html2text import extract_plain_text

TEXT_BYTES, PART_BYTES, CHARS_MIN = 160_000_000, 21_000_000, 200
debs, out = sys.argv[1:]
pages = sorted(glob.glob(f"{debs}/**/*.html", recursive=True))
random.Random(1).shuffle(pages)
written = 0
with open(f"{out}/docs.jsonl", "w", encoding="utf-8") as file:
    for page in pages:
        with open(page, encoding="utf-8", errors="replace") as html:
            text = extract_plain_text(html.read(), main_content=True)
        if len(text) < CHARS_MIN:
            continue
        file.write(json.dumps({"id": page[len(debs):], "text": text}, ensure_ascii=False) + "\n")
        written += len(text.encode())
        if written > TEXT_BYTES:
            break
with open(f"{out}/docs.jsonl", "rb") as file:
    lines = file.read()
with open(f"{out}/part-0.jsonl", "wb") as file:
    file.write(lines[:PART_BYTES].rsplit(b"\n", 1)[0] + b"\n")
with open(f"{out}/part-1.jsonl", "wb") as file:
    file.write(lines[-PART_BYTES:].split(b"\n", 1)[1])
