"""Datasets for the case scripts: rows are made up here, and ciyuan's own writer makes the dataset (tests/dataset/test_writer_parity.c).

The schema is that of tests/support/dataset_rows.c: steps quality (signals words, share; rule share_max ≤ 0.25), dedup and again (signal
score); vocabularies o200k_base and qwen; files crawl/a.warc.gz of example-press under CC-BY-4.0, and notes/数据.jsonl of nobody."""
import json, os, random, subprocess, tempfile

CIYUAN = os.environ.get("CIYUAN", "build/release/ciyuan")
WRITER = os.environ.get("CIYUAN_TESTS") or os.path.join(os.path.dirname(CIYUAN), "ciyuan-tests")
SENTENCE = "a dataset is written from rows that another program made up"
STEPS = ["quality", "dedup", "again"]
WORDS = "river stone lantern quiet harbour ink paper teal willow bridge".split()


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


def unread(number, what, rule, **fields):
    return row(number, **{**dict(what=what, rule=rule, text="", signals=[None] * 3, tokens=[None, None], language=""), **fields})


def make(folder, rows, format="parquet", shard_bytes=1 << 20, validation_share=0.1, removed_text="full", rows_a_chunk=500):
    """Writes the rows, in order, as a dataset; the folder is made."""
    os.makedirs(folder, exist_ok=True)
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
                              env={**os.environ, "CIYUAN_TEST_ROWS": file.name, "CIYUAN_TEST_OUTPUT": folder})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def usual(count=400, seed=1):
    """Rows of every kind: kept, removed by a threshold, near duplicates, unreadable, skipped."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        chance = rng.random()
        words = " ".join(rng.choice(WORDS) for _ in range(60))
        kept = [r for r in rows if r["what"] == "kept"]
        if chance < 0.70 or not kept:
            rows.append(row(number, text=words, language=rng.choice(["en", "en", "zh", "de"]), file=rng.choice([0, 0, 1])))
        elif chance < 0.80:
            share = 0.26 + rng.random() / 2
            rows.append(removed(number, 0, "share_max", share, 0.25, text=words, signals=[60.0, share, None]))
        elif chance < 0.88:
            other = rng.choice(kept)
            rows.append(removed(number, 1, "near", text=other["text"] + " more", duplicate_of=other["id"], similarity=0.9666))
        elif chance < 0.92:
            rows.append(removed(number, 2, "score_min", 0.1, 0.3, text=words, file=1))
        elif chance < 0.96:
            rows.append(unread(number, "unreadable", "truncated", file=1))
        else:
            rows.append(unread(number, "skipped", "warcinfo"))
    return rows
