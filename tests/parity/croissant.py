"""A dataset's folder as other programs take it: datasets.load_dataset(folder), Hugging Face's card reader, mlcroissant, pandas and polars.

Rows are made up and written by ciyuan's own writer (tests/cases/_made.py); each program's rows are compared with them, for Parquet and for each
form of JSON Lines. tests/parity/dataset.py compares the files value by value; here it is the folder, its card and its Croissant that count."""
import json, os, re, sys

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases"))
from _case import case, finish, scratch
from _made import make, removed, row, usual

import datasets
import huggingface_hub
import mlcroissant
import pandas
import polars

datasets.disable_progress_bars()
cache = os.path.join(scratch, "cache")
rows = usual(500)
for made in rows:  # long enough that each chunk is a row group, and so a shard, of its own
    if made["what"] == "kept":
        made["text"] += " more of it" * 1000
kept = {r["id"]: r for r in rows if r["what"] == "kept"}
gone = {r["id"]: r for r in rows if r["what"] != "kept"}
FORMATS = ["parquet", "jsonl", "jsonl.gz", "jsonl.zst"]
folders = {f: make(os.path.join(scratch, f), rows, format=f, shard_bytes=1, rows_a_chunk=100) for f in FORMATS}


def check_row(got, r):
    assert got["text"] == r["text"] and got["url"] == r["url"] and got["language"] == r["language"] and got["offset"] == r["offset"], (got, r)
    assert got["party"] == (None if r["file"] else "example-press") and got["license"] == (None if r["file"] else "CC-BY-4.0"), (got, r)
    assert got["signals"] == {"quality": {"words": r["signals"][0], "share": r["signals"][1]}, "again": {"score": r["signals"][2]}}, (got, r)
    assert got["tokens"] == {"o200k_base": 11, "qwen": 9}, got


for name, folder in folders.items():
    @case(f"datasets.load_dataset(folder) gives every document in its split, several shards each ({name})")
    def _():
        loaded = datasets.load_dataset(folder, cache_dir=cache)
        assert set(loaded) == {"train", "validation"}
        shards = [n for n in os.listdir(os.path.join(folder, "data")) if n.startswith("train-")]
        assert len(shards) > 1, shards
        seen = [r for split in loaded.values() for r in split]
        assert len(seen) == len(kept) and {r["id"] for r in seen} == set(kept)
        for got in seen:
            check_row(got, kept[got["id"]])
        assert [r["id"] for r in loaded["train"]] == [i for i in kept if i in set(loaded["train"]["id"])], "not in input order"

    @case(f"datasets streams it too ({name})")
    def _():
        streamed = datasets.load_dataset(folder, split="train", streaming=True, cache_dir=cache)
        seen = {r["id"]: r for r in streamed}
        for i, got in seen.items():
            check_row(got, kept[i])
        assert seen

    @case(f"the verdicts load as the card says, one row a record that was not kept ({name})")
    def _():
        with open(os.path.join(folder, "README.md")) as file:
            line = re.search(r"^gone = (.*)$", file.read(), re.M).group(1)
        here = os.getcwd()
        os.chdir(folder)
        try:
            loaded = eval(line.replace("split=", f"cache_dir={cache!r}, split="), {"datasets": datasets, "folder": os.path.abspath(".")})
        finally:
            os.chdir(here)
        assert {r["id"] for r in loaded} == set(gone) and len(loaded) == len(gone)
        for got in loaded:
            r = gone[got["id"]]
            assert (got["what"], got["rule"], got["measured"], got["threshold"], got["duplicate_of"]) == \
                (r["what"], r["rule"], r["measured"], r["threshold"], r["duplicate_of"] or None), (got, r)


@case("JSON Lines whose first shard has nothing but nulls in a column load: the card states the types")
def _():
    at = make(os.path.join(scratch, "nulls"), [row(i, file=1, url="", language="", signals=[None, None, None], tokens=[None, None]) for i in range(100)] +
              [row(i) for i in range(100, 200)], format="jsonl", shard_bytes=1, rows_a_chunk=100, validation_share=0)
    loaded = datasets.load_dataset(at, split="train", cache_dir=cache)
    assert len(loaded) == 200 and loaded[0]["party"] is None and loaded[150]["party"] == "example-press"


@case("a dataset of which nothing was removed loads; of one of which nothing was kept, datasets itself says that a split has no data")
def _():
    at = make(os.path.join(scratch, "kept"), [row(0)], validation_share=0)
    assert datasets.load_dataset(at, split="train", cache_dir=cache)[0]["id"] == "doc-00000"
    at = make(os.path.join(scratch, "none"), [removed(0, 0, "share_max", 1.0, 0.25)], validation_share=0)
    try:
        datasets.load_dataset(at, split="train", cache_dir=cache)
    except ValueError as error:
        assert "corresponds to no data" in str(error), error
    assert len(pandas.read_parquet(os.path.join(at, "data"))) == 0


@case("Hugging Face's own card reader takes the head as it is")
def _():
    card = huggingface_hub.DatasetCard.load(os.path.join(folders["parquet"], "README.md"))
    assert card.data.pretty_name == "test" and card.data.size_categories == ["n<1K"] and sorted(card.data.language) == ["de", "en", "zh"], card.data
    assert card.data.license == "other" and "ciyuan" in card.data.tags, card.data
    infos = datasets.DatasetInfo.from_directory
    config = datasets.load_dataset_builder(folders["parquet"], "verdicts", cache_dir=cache).info
    assert config.features["signals"]["quality"]["words"].dtype == "float64" and infos is not None


@case("mlcroissant finds no error; all it misses is what nobody has stated: date, version, citation")
def _():
    for name, folder in folders.items():
        dataset = mlcroissant.Dataset(jsonld=os.path.join(folder, "croissant.json"))
        issues = dataset.metadata.ctx.issues
        assert not issues.errors, (name, issues.errors)
        missed = {w.split('"')[1].rsplit("/", 1)[1] for w in issues.warnings}
        assert missed <= {"datePublished", "version", "citeAs"}, (name, issues.warnings)
        assert str(dataset.metadata.ctx.conforms_to) == "CroissantVersion.V_1_1" or "1.1" in str(dataset.metadata.ctx.conforms_to.value)


def plain(value):
    return value.decode() if isinstance(value, bytes) else value


for name in ("parquet", "jsonl", "jsonl.gz"):  # mlcroissant 1.1.1 reads no zstd
    @case(f"mlcroissant iterates the records of data and verdicts ({name})")
    def _():
        dataset = mlcroissant.Dataset(jsonld=os.path.join(folders[name], "croissant.json"))
        seen = {}
        for record in dataset.records("data"):
            seen[plain(record["data/id"])] = record
        assert set(seen) == set(kept)
        for i, record in seen.items():
            r = kept[i]
            assert plain(record["data/text"]) == r["text"] and record["data/offset"] == r["offset"]
            assert record["data/signals.quality"] == {"data/signals.quality.words": r["signals"][0], "data/signals.quality.share": r["signals"][1]}, record
            assert record["data/tokens"] == {"data/tokens/o200k_base": 11, "data/tokens/qwen": 9}, record
        verdicts = {plain(r["verdicts/id"]): plain(r["verdicts/rule"]) for r in dataset.records("verdicts")}
        assert verdicts == {i: r["rule"] for i, r in gone.items()}


@case("croissant.json names each file of the tables with the size and sha256 of MANIFEST")
def _():
    for folder in folders.values():
        with open(os.path.join(folder, "MANIFEST")) as file:
            listed = {line.split("  ")[2]: line.split("  ") for line in file.read().splitlines()[1:]}
        with open(os.path.join(folder, "croissant.json")) as file:
            said = {f["@id"]: f for f in json.load(file)["distribution"] if f["@type"] == "cr:FileObject"}
        assert set(said) == {n for n in listed if n.startswith(("data/", "verdicts/"))}
        for name, f in said.items():
            assert listed[name][0] == f["sha256"] and listed[name][1] + " B" == f["contentSize"], name


@case("the card's own lines for pandas and DuckDB work, and polars reads the folder")
def _():
    import duckdb
    for name, folder in folders.items():
        with open(os.path.join(folder, "README.md")) as file:
            card = file.read()
        sql = re.search(r"-- DuckDB\n(.*?)\n```", card, re.S).group(1)
        code = re.search(r"```python\n(import glob.*?)```", card, re.S).group(1)
        here = os.getcwd()
        try:
            os.chdir(folder)
            counts = dict(duckdb.sql(sql).fetchall())
            space = {}
            exec(code, space)
        finally:
            os.chdir(here)
        assert sum(counts.values()) == len(kept) and counts["zh"] == sum(r["language"] == "zh" for r in kept.values()), (name, counts)
        assert set(space["data"]["id"]) == set(kept), name
    frame = polars.read_parquet(os.path.join(folders["parquet"], "data", "*.parquet"))
    assert set(frame["id"]) == set(kept) and pandas.__version__


finish()
