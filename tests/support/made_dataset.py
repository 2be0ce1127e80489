"""Datasets for the tests in Python: rows are made up here, and ciyuan's own writer makes the dataset (tests/dataset/test_writer_parity.c).

The schema is that of tests/support/dataset_rows.c: steps quality (signals words, share; rule share_max), dedup and again (signal score);
vocabularies o200k_base and qwen; files crawl/a.warc.gz of example-press under CC-BY-4.0, and notes/数据.jsonl of nobody."""

import json
import os
import pathlib
import random
import subprocess
import tempfile

CIYUAN = os.environ.get("CIYUAN", str(pathlib.Path(__file__).parents[2] / "build/release/ciyuan"))
WRITER = os.environ.get("CIYUAN_TESTS", str(pathlib.Path(CIYUAN).parent / "ciyuan-tests"))
SENTENCE = "a dataset is written from rows that another program made up"
failed = 0


def check(sentence, good, why=""):
    """Prints the line of one test."""
    global failed
    if good:
        print(f"ok - {sentence}")
    else:
        failed += 1
        print(f"not ok - {sentence}: {why}")


def run(*arguments, status=0):
    """The program's standard output; a wrong exit status fails."""
    done = subprocess.run([CIYUAN, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == status, f"ciyuan {arguments}: exit {done.returncode}, expected {status}\n{done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def row(number, **fields):
    """A kept row; fields replace."""
    made = {
        "id": f"doc-{number:05d}", "text": f"This is the text of document {number}.", "url": f"https://example.org/{number}",
        "metadata": "", "language": "en", "bytes": 100 + number, "ordinal": number, "file": 0, "offset": 1000 * number, "within": 7,
        "record": number, "signals": [float(number % 90 + 10), (number % 20) / 100, number % 7 / 7], "tokens": [11, 9],
        "what": "kept", "step": None, "rule": "", "measured": None, "threshold": None, "duplicate_of": "", "similarity": None, "excerpt": "",
    }
    assert set(fields) <= set(made), fields
    made.update(fields)
    return made


def removed(number, step, rule, measured=None, threshold=None, **fields):
    reached = {0: 2, 1: 2, 2: 3}[step]  # signals that were measured before it was removed
    made = row(number, what="removed", step=step, rule=rule, measured=measured, threshold=threshold)
    made["signals"] = [value if i < reached else None for i, value in enumerate(made["signals"])]
    made.update(fields)
    return made


def make(folder, rows, format="parquet", shard_bytes=1 << 20, validation_share=0.1, removed_text="full", rows_a_chunk=500):
    """Writes the rows, in order, as a dataset; the folder is made."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    chunks = []
    for first in range(0, len(rows), rows_a_chunk):
        part = rows[first:first + rows_a_chunk]
        chunks.append([[r for r in part if r["what"] == "kept"] + [r for r in part if r["what"] != "kept"]])
    plan = {"format": format, "shard_bytes": shard_bytes, "validation_share": validation_share, "removed_text": removed_text,
            "read_count": len(rows), "chunks": chunks}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(plan, file)
        file.flush()
        done = subprocess.run([WRITER, SENTENCE], capture_output=True, text=True,
                              env={**os.environ, "CIYUAN_TEST_ROWS": file.name, "CIYUAN_TEST_OUTPUT": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(folder)


def usual(count=400, seed=1):
    """Rows of every kind: kept, removed by a threshold, near and exact duplicates, unreadable, skipped."""
    random.seed(seed)
    rows = []
    for number in range(count):
        chance = random.random()
        words = " ".join(random.choice("river stone lantern quiet harbour ink paper teal willow bridge".split()) for _ in range(60))
        if chance < 0.70:
            rows.append(row(number, text=words, language=random.choice(["en", "en", "zh", "de"]), file=random.choice([0, 0, 1])))
        elif chance < 0.80:
            share = 0.26 + random.random() / 2
            rows.append(removed(number, 0, "share_max", share, 0.25, text=words, signals=[60.0, share, None]))
        elif chance < 0.88 and rows:
            kept = [r for r in rows if r["what"] == "kept"] or [row(0)]
            other = random.choice(kept)
            rows.append(removed(number, 1, "near", None, None, text=other["text"] + " more", duplicate_of=other["id"], similarity=0.9666))
        elif chance < 0.92:
            rows.append(removed(number, 2, "score_min", 0.1, 0.3, text=words, file=1))
        elif chance < 0.96:
            rows.append(row(number, what="unreadable", rule="the gzip member ends early", text="", signals=[None] * 3, tokens=[-1, -1], language=""))
        else:
            rows.append(row(number, what="skipped", rule="warcinfo", text="", signals=[None] * 3, tokens=[-1, -1], language=""))
    return rows
