"""A dataset that ciyuan writes is read back, value by value, by pyarrow, DuckDB, polars, pandas and datasets.

Rows are made up here (seeded: CIYUAN_SEED), written by ciyuan-tests (tests/dataset/test_writer_parity.c), and compared with what each reader
finds. Needs: $CIYUAN, the program; ciyuan-tests lies beside it.
"""
import hashlib, json, math, os, random, subprocess, sys, tempfile, traceback

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet
import xxhash

PROGRAM = os.environ.get("CIYUAN", "build/release/ciyuan")
TESTS = os.environ.get("CIYUAN_TESTS") or os.path.join(os.path.dirname(PROGRAM), "ciyuan-tests")
SEED = int(os.environ.get("CIYUAN_SEED", random.SystemRandom().randrange(1 << 32)))
FILES = [("crawl/a.warc.gz", "example-press", "CC-BY-4.0"), ("notes/数据.jsonl", None, None)]
STEPS = [("quality", "test_quality"), ("dedup", "test_dedup"), ("again", "test_score")]
EXCERPT_BYTES = 2048
failures = 0


def check(sentence, run):
    global failures
    try:
        why = run()
        print(f"skip - {sentence}: {why}" if why else f"ok - {sentence}", flush=True)
    except Exception as error:
        failures += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok - {sentence}: {type(error).__name__}: {str(error)[:600]} (line {where.lineno}, CIYUAN_SEED={SEED})", flush=True)


# ---- rows ----

def make_text(rng, size):
    alphabets = ["etaoin shrdlu,. \n", "数据集质量很高。 词元", "🙂é\u0301ß\t\"\\\x01\x1f\x7f\u2028", "a"]
    alphabet = rng.choice(alphabets)
    return "".join(rng.choice(alphabet) for _ in range(size))


def make_number(rng):
    return rng.choice([None, 0.0, -0.0, 1.0, -1.5, 80.0, 0.1, 1 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789012345680.0, 1e21, rng.random(), rng.uniform(-1e6, 1e6)])


def make_row(rng, ordinal, text_sizes):
    what = rng.choices(["kept", "removed", "unreadable", "skipped"], [60, 30, 5, 5])[0]
    step = rng.choice([None, 0, 1, 2]) if what != "kept" else None
    if what == "removed" and step is None:
        step = 0
    row = {
        "ordinal": ordinal, "what": what, "file": rng.randrange(2), "offset": rng.choice([0, ordinal * 1000, (1 << 62) + ordinal]),
        "within": rng.choice([0, 0, 7]), "record": ordinal, "bytes": rng.randrange(1 << 40),
        "id": rng.choice([f"<urn:uuid:{rng.getrandbits(128):032x}>", f"{ordinal}", f"文{ordinal}" * rng.choice([1, 40]), ""]),
        "text": make_text(rng, rng.choice(text_sizes)),
        "url": rng.choice(["", f"https://example.org/{ordinal}", "https://example.org/" + "长" * 60 + str(ordinal)]),
        "metadata": rng.choice(["", '{"a": 1}', json.dumps({"title": make_text(rng, 20)})]),
        "language": rng.choice(["", "en", "zh", "de"]),
        "signals": [make_number(rng) for _ in range(3)], "tokens": [rng.choice([None, 0, rng.randrange(1 << 50)]) for _ in range(2)],
    }
    if what != "kept":
        row |= {
            "step": step, "rule": rng.choice(["share_max", "duplicate", "truncated_gzip", "image/png"]), "measured": make_number(rng),
            "threshold": make_number(rng), "duplicate_of": rng.choice(["", f"{ordinal - 1}"]), "similarity": rng.choice([None, 0.75, 1.0]),
            "excerpt": rng.choice(["", "", "***@***"]) if what == "removed" else "",
        }
    return row


def make_rows(rng, chunk_count, chunk_rows, text_sizes):
    chunks, ordinal = [], 0
    for _ in range(chunk_count):
        batches = []
        for _ in range(rng.randrange(1, 4)):
            batch = []
            for _ in range(rng.randrange(chunk_rows + 1)):
                batch.append(make_row(rng, ordinal, text_sizes))
                ordinal += 1
            gone = [row for row in batch if row["what"] != "kept"]
            rng.shuffle(gone)
            batches.append([row for row in batch if row["what"] == "kept"] + gone)
        chunks.append(batches)
    return chunks, ordinal


def write(folder, chunks, read_count, **options):
    options = {"format": "parquet", "shard_bytes": 1 << 28, "validation_share": 0.1, "removed_text": "excerpt", **options}
    rows = os.path.join(folder, "rows.json")
    with open(rows, "w") as file:
        json.dump({**options, "chunks": chunks, "read_count": read_count}, file)
    out = os.path.join(folder, "out")
    run = subprocess.run([TESTS, "test_writer_parity"], env={**os.environ, "CIYUAN_TEST_ROWS": rows, "CIYUAN_TEST_OUTPUT": out},
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


# ---- what is expected ----

def or_null(text):
    return text if text else None


def id_of(row):
    return row["id"] or f"{FILES[row['file']][0]}#{row['record']}"


def cut(text, size_max):
    return text.encode()[:size_max].decode(errors="ignore")


def signals_of(row):
    words, share, score = row["signals"]
    return {"quality": None if words is None and share is None else {"words": words, "share": share},
            "again": None if score is None else {"score": score}}


def document(row):
    name, party, license = FILES[row["file"]]
    return {"id": id_of(row), "text": row["text"], "url": or_null(row["url"]), "source": name, "offset": row["offset"],
            "offset_within": row["within"], "party": party, "license": license, "language": or_null(row["language"]),
            "metadata": or_null(row["metadata"]), "tokens": dict(zip(["o200k_base", "qwen"], row["tokens"])), "signals": signals_of(row)}


def shown_text(row, removed_text):
    if row["what"] != "removed" or removed_text == "none":
        return None
    return or_null(row["excerpt"] or (row["text"] if removed_text == "full" else cut(row["text"], EXCERPT_BYTES)))


def verdict(row, removed_text):
    name, party, license = FILES[row["file"]]
    step, operator = STEPS[row["step"]] if row["step"] is not None else (None, None)
    return {"id": id_of(row), "url": or_null(row["url"]), "source": name, "offset": row["offset"], "offset_within": row["within"],
            "party": party, "license": license, "language": or_null(row["language"]), "bytes": row["bytes"],
            "tokens": dict(zip(["o200k_base", "qwen"], row["tokens"])), "what": row["what"], "step": step, "operator": operator,
            "rule": row["rule"], "measured": row["measured"], "threshold": row["threshold"], "duplicate_of": or_null(row["duplicate_of"]),
            "similarity": row["similarity"], "signals": signals_of(row), "text": shown_text(row, removed_text)}


def expected(chunks, share, removed_text):
    rows = sorted((row for chunk in chunks for batch in chunk for row in batch), key=lambda row: row["ordinal"])
    kept = [row for row in rows if row["what"] == "kept"]
    is_validation = lambda row: xxhash.xxh3_64_intdigest(id_of(row).encode()) < share * 2**64
    return {"train": [document(row) for row in kept if not is_validation(row)],
            "validation": [document(row) for row in kept if is_validation(row)],
            "verdicts": [verdict(row, removed_text) for row in rows if row["what"] != "kept"]}


def same(found, wanted, where="row"):
    if isinstance(wanted, dict):
        assert isinstance(found, dict) and list(found) == list(wanted), f"{where}: {found!r} for {wanted!r}"
        for key in wanted:
            same(found[key], wanted[key], f"{where}.{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), f"{where}: {len(found)} rows for {len(wanted)}"
        for i, value in enumerate(wanted):
            same(found[i], value, f"{where}[{i}]")
    elif isinstance(wanted, float):
        assert isinstance(found, float) and found == wanted and math.copysign(1, found) == math.copysign(1, wanted), f"{where}: {found!r} for {wanted!r}"
    else:
        assert type(found) is type(wanted) and found == wanted, f"{where}: {found!r} for {wanted!r}"


def shards(out, split):
    place = os.path.join(out, "verdicts" if split == "verdicts" else "data")
    return sorted(os.path.join(place, name) for name in os.listdir(place) if name.startswith(split))


# ---- readers: the rows of a list of Parquet files as dicts ----

def by_pyarrow(files):
    return [row for file in files for row in pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read().to_pylist()]


def by_duckdb(files):
    # to_json would lose doubles' last digits; Arrow keeps them.
    return duckdb.sql(f"SELECT * FROM read_parquet({files!r})").to_arrow_table().to_pylist()


def by_polars(files):
    # A struct whose fields are all NULL is a NULL struct to polars' to_dicts as well as a struct of NULLs: ask which it is.
    return polars.concat([polars.read_parquet(file) for file in files]).to_arrow().to_pylist()


def by_pandas(files):
    frame = pandas.concat([pandas.read_parquet(file, dtype_backend="pyarrow") for file in files])
    return pyarrow.Table.from_pandas(frame, preserve_index=False).to_pylist()


READERS = [("pyarrow", by_pyarrow), ("DuckDB", by_duckdb), ("polars", by_polars), ("pandas", by_pandas)]


def compare_all(out, wanted, reader):
    for split in ("train", "validation", "verdicts"):
        files = shards(out, split)
        if files:
            same(reader(files), wanted[split], split)
        else:
            assert split == "validation" and wanted[split] == [], f"no file of {split}"


# ---- the tests ----

def manifest_holds(out):
    lines = open(os.path.join(out, "MANIFEST")).read().split("\n")
    assert lines[0] == "schema: 1" and lines[-1] == "", "head or end"
    names = []
    for line in lines[1:-1]:
        sha256, size, name = line.split("  ", 2)
        content = open(os.path.join(out, name), "rb").read()
        assert len(content) == int(size) and hashlib.sha256(content).hexdigest() == sha256, name
        names.append(name)
    assert names == sorted(names)
    written = {os.path.relpath(os.path.join(root, file), out) for root, _, files in os.walk(out) for file in files}
    assert written - set(names) <= {"MANIFEST", "README.md", "croissant.json"}, written - set(names)


def bounds_hold(out):
    """Every least and greatest value in the footers is one, or (cut) lies outside; null counts are right."""
    cut_count = 0
    for split in ("train", "validation", "verdicts"):
        for file in shards(out, split):
            reader = pyarrow.parquet.ParquetFile(file)
            for group in range(reader.metadata.num_row_groups):
                table = reader.read_row_group(group).flatten().flatten()
                for column in range(reader.metadata.num_columns):
                    chunk = reader.metadata.row_group(group).column(column)
                    values = table.column(chunk.path_in_schema).to_pylist()
                    there = [value for value in values if value is not None]
                    assert chunk.statistics.null_count == len(values) - len(there), chunk.path_in_schema
                    if not chunk.statistics.has_min_max:
                        assert not there or chunk.path_in_schema in ("text", "metadata"), chunk.path_in_schema
                        continue
                    key = (lambda value: value.encode()) if isinstance(there[0], str) else (lambda value: value)
                    low, high = min(there, key=key), max(there, key=key)
                    found_low, found_high = chunk.statistics.min, chunk.statistics.max
                    if isinstance(low, str) and len(low.encode()) > 64:
                        assert found_low.encode() == low.encode()[: len(found_low.encode())] and len(found_low.encode()) > 60
                        cut_count += 1
                    else:
                        assert found_low == low, f"{chunk.path_in_schema}: {found_low!r} for {low!r}"
                    if isinstance(high, str) and len(high.encode()) > 64:
                        assert found_high.encode() > high.encode() and len(found_high.encode()) <= 64
                        cut_count += 1
                    else:
                        assert found_high == high, f"{chunk.path_in_schema}: {found_high!r} for {high!r}"
    assert cut_count > 0, "no long string was met"


def count_groups(chunks):
    """Row groups of the documents, as src/dataset/held.h says."""
    groups = held = 0
    for chunk in chunks:
        size = sum(256 + len(row["text"].encode()) for batch in chunk for row in batch if row["what"] == "kept")
        if 0 < size < 512 << 10:
            held += size
            if held >= 4 << 20:
                groups, held = groups + 1, 0
        elif size > 0:
            groups, held = groups + 1 + (held > 0), 0
    return groups + (held > 0)


def lines_of(file):
    import gzip
    data = open(file, "rb").read()
    if file.endswith(".gz"):
        data = gzip.decompress(data)
    if file.endswith(".zst"):
        data = zstd_text(data)
    assert data == b"" or data.endswith(b"\n")
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def zstd_text(data):
    return pyarrow.CompressedInputStream(pyarrow.BufferReader(data), "zstd").read() if data else b""


def tree(out):
    return {os.path.relpath(os.path.join(root, file), out): open(os.path.join(root, file), "rb").read()
            for root, _, files in os.walk(out) for file in files}


def main():
    with tempfile.TemporaryDirectory() as folder:
        rng = random.Random(SEED)
        chunks, count = make_rows(rng, 6, 120, [0, 1, 10, 300, 3000, 5000])
        out = write(os.path.join(folder), chunks, count)
        wanted = expected(chunks, 0.1, "excerpt")
        for name, reader in READERS:
            check(f"{name} reads every value of documents and verdicts", lambda: compare_all(out, wanted, reader))
        check("the manifest lists every file with its size and hash", lambda: manifest_holds(out))
        check("the footers' bounds and NULL counts are true, also where a string is cut", lambda: bounds_hold(out))
        check("datasets loads the folder as it is, documents and verdicts", lambda: by_datasets(out, wanted))
        check("datasets loads each split by its files", lambda: by_datasets_files(out, wanted))

    for removed_text in ("full", "none"):
        with tempfile.TemporaryDirectory() as folder:
            chunks, count = make_rows(random.Random(SEED + 1), 2, 100, [0, 10, 5000])
            out = write(folder, chunks, count, removed_text=removed_text)
            check(f"removed_text: {removed_text} is what the ledger holds",
                  lambda: compare_all(out, expected(chunks, 0.1, removed_text), by_pyarrow))

    with tempfile.TemporaryDirectory() as folder:
        chunks, count = make_rows(random.Random(SEED + 2), 2, 6, [3_000_000, 1 << 20, (1 << 20) - 4, 100])
        out = write(folder, chunks, count, validation_share=0.5, removed_text="full")
        wanted = expected(chunks, 0.5, "full")
        for name, reader in READERS:
            check(f"{name} reads texts of megabytes, over several pages", lambda: compare_all(out, wanted, reader))

    with tempfile.TemporaryDirectory() as folder:
        chunks = []
        rng = random.Random(SEED + 3)
        count = 0
        for text_sizes in ([10, 300], [40_000], [10], [300], [40_000], [40_000], [10], [20_000]):  # some chunks are held, some are not
            for _ in range(2):
                more, _ = make_rows(rng, 1, 50, text_sizes)
                for row in (row for batch in more[0] for row in batch):
                    row["ordinal"] += count
                    row["id"] = f"{row['ordinal']}"
                count += sum(len(batch) for batch in more[0])
                chunks += more
        out = write(folder, chunks, count, shard_bytes=1, validation_share=0)
        check("a shard closes at the row group that reaches its size, and names count up; chunks with few rows of a split share a group",
              lambda: same([os.path.basename(file) for file in shards(out, "train")], [f"train-{i:05}.parquet" for i in range(count_groups(chunks))]))
        check("without a validation share there is no validation file", lambda: same(shards(out, "validation"), []))
        check("the rows lie in input order over all shards", lambda: compare_all(out, expected(chunks, 0, "excerpt"), by_duckdb))

    with tempfile.TemporaryDirectory() as folder:
        chunks, count = make_rows(random.Random(SEED + 7), 60, 10, [10, 300])
        out = write(folder, chunks, count)
        groups = {split: sum(pyarrow.parquet.ParquetFile(file).num_row_groups for file in shards(out, split)) for split in ("train", "verdicts")}
        check("sixty chunks of few rows make one row group", lambda: same(groups, {"train": 1, "verdicts": 1}))
        check("and every value of them is read", lambda: compare_all(out, expected(chunks, 0.1, "excerpt"), by_pyarrow))

    with tempfile.TemporaryDirectory() as folder:
        out = write(folder, [], 0)
        check("a dataset without rows has its files and their schema", lambda: compare_all(out, expected([], 0.1, "excerpt"), by_pyarrow))

    trees = {}
    for format in ("jsonl", "jsonl.gz", "jsonl.zst"):
        with tempfile.TemporaryDirectory() as folder:
            chunks, count = make_rows(random.Random(SEED + 4), 4, 100, [0, 10, 300, 5000, 70_000])
            out = write(folder, chunks, count, format=format)
            wanted = expected(chunks, 0.1, "excerpt")

            def compare_lines():
                for split in ("train", "validation"):
                    same([row for file in shards(out, split) for row in lines_of(file)], wanted[split], split)
                same(by_pyarrow(shards(out, "verdicts")), wanted["verdicts"], "verdicts")
            check(f"Python's json reads every value of {format}; the ledger is Parquet all the same", compare_lines)
            if format != "jsonl.zst":
                check(f"datasets loads a folder of {format}, and its verdicts", lambda: by_datasets(out, wanted))
            trees[format] = out

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        chunks, count = make_rows(random.Random(SEED + 5), 4, 100, [0, 10, 300])
        first, second = tree(write(one, chunks, count)), tree(write(other, chunks, count))
        check("the same rows in the same groups give the same bytes", lambda: same(sorted(first), sorted(second)) or
              same([name for name in first if first[name] != second[name]], []))

    if os.path.exists(PROGRAM):
        with tempfile.TemporaryDirectory() as folder:
            build_tests(folder)
    else:
        print(f"skip - what `ciyuan build` writes is read back: there is no {PROGRAM}")
    sys.exit(failures != 0)


def build(folder, recipe):
    with open(os.path.join(folder, "recipe.yaml"), "w") as file:
        file.write(recipe)
    run = subprocess.run([PROGRAM, "build", os.path.join(folder, "recipe.yaml")], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def built_is_right(folder, rows, reader):
    found = reader([os.path.join(folder, "out/data/train-00000.parquet")])
    kept = [row for row in rows if len(row["text"]) >= 100]
    assert len(found) == len(kept), f"{len(found)} documents for {len(kept)}"
    for document, row in zip(found, kept):
        for key in ("id", "text", "url"):
            assert document[key] == (row[key] or None) or key == "text" and document[key] == row[key], f"{key}: {document[key]!r} for {row[key]!r}"
        assert json.loads(document["metadata"]) == {"language": row["language"], "n": row["n"]} and document["party"] == "example-press" and document["license"] is None
    gone = reader([os.path.join(folder, "out/verdicts/verdicts-00000.parquet")])
    assert [verdict["id"] for verdict in gone] == [row["id"] for row in rows if len(row["text"]) < 100]
    for verdict in gone:
        row = rows[int(verdict["id"])]
        assert (verdict["what"], verdict["step"], verdict["operator"]) == ("removed", "long", "where"), verdict
        assert verdict["text"] == (row["text"] or None) and verdict["offset"] == row["offset"]


def build_tests(folder):
    rng = random.Random(SEED + 6)
    rows, offset = [], 0
    with open(os.path.join(folder, "in.jsonl"), "wb") as file:
        for i in range(400):
            row = {"id": str(i), "text": make_text(rng, rng.choice([0, 10, 300, 5000])).strip(), "url": rng.choice(["", f"https://example.org/{i}"]),
                   "language": rng.choice(["en", "zh"]), "n": i}
            line = (json.dumps(row, ensure_ascii=rng.random() < 0.5) + "\n").encode()
            rows.append(row | {"offset": offset})
            file.write(line)
            offset += len(line)
    build(folder, RECIPE)
    for name, reader in READERS:
        check(f"{name} reads what `ciyuan build` made of a JSON Lines file", lambda: built_is_right(folder, rows, reader))


RECIPE = """name: parity
sources:
  - {path: in.jsonl, party: example-press}
steps:
  - where: {as: long, expression: "length(text) >= 100"}
output: {path: out, level: 3}
"""


def by_datasets(out, wanted):
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset(out, cache_dir=cache)
        assert set(loaded) == {split for split in ("train", "validation") if wanted[split]}, list(loaded)
        for split in loaded:
            same(loaded[split].data.table.to_pylist(), wanted[split], split)
        # A folder is of one format to `datasets`: where the documents are lines, the card cannot offer the ledger, which is Parquet.
        if shards(out, "train")[0].endswith(".parquet"):
            verdicts = datasets.load_dataset(out, "verdicts", cache_dir=cache)["verdicts"]
        else:
            verdicts = datasets.load_dataset("parquet", data_files=shards(out, "verdicts"), cache_dir=cache)["train"]
        same(verdicts.data.table.to_pylist(), wanted["verdicts"], "verdicts")


def by_datasets_files(out, wanted):
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset("parquet", data_files={split: shards(out, split) for split in wanted if split != "verdicts"}, cache_dir=cache)
        for split in loaded:
            same(loaded[split].data.table.to_pylist(), wanted[split], split)


main()
