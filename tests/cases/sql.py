"""`ciyuan sql`: the tables data and verdicts, three formats, and nothing else of the machine."""
import csv, io, json, os

from _case import case, ciyuan, finish, scratch
from _made import make, removed, row, usual

rows = usual(300)
folders = {f: make(os.path.join(scratch, f), rows, format=f) for f in ("parquet", "jsonl", "jsonl.gz", "jsonl.zst")}
folder = folders["parquet"]


def query(sql, *arguments, at=folder):
    return [json.loads(line) for line in ciyuan("sql", at, sql, "--format", "json", *arguments)[0].splitlines()]


@case("every row of data and verdicts comes back with its values, from Parquet and from each JSON Lines form")
def _():
    kept = {r["id"]: r for r in rows if r["what"] == "kept"}
    gone = {r["id"]: r for r in rows if r["what"] != "kept"}
    for name, at in folders.items():
        data = query("SELECT * FROM data", at=at)
        assert {d["id"] for d in data} == set(kept) and len(data) == len(kept), name
        for d in data:
            r = kept[d["id"]]
            assert d["text"] == r["text"] and d["language"] == r["language"] and d["offset"] == r["offset"] and d["offset_within"] == 7, name
            assert d["signals"]["quality"] == {"words": r["signals"][0], "share": r["signals"][1]}, (name, d, r)
            assert d["tokens"] == {"o200k_base": 11, "qwen": 9} and d["party"] == (None if r["file"] else "example-press"), name
        verdicts = query("SELECT id, what, rule, measured, similarity FROM verdicts", at=at)
        assert {v["id"]: (v["what"], v["rule"], v["measured"], v["similarity"]) for v in verdicts} == \
            {r["id"]: (r["what"], r["rule"], r["measured"], r["similarity"]) for r in gone.values()}, name


@case("an id that looks like a date or a number stays text in JSON Lines")
def _():
    at = make(os.path.join(scratch, "dates"), [row(0, id="2026-11-24"), row(1, id="007"), row(2, id="1e3", metadata='{"a": 1}')], format="jsonl", validation_share=0)
    assert query("SELECT id, metadata FROM data", at=at) == [
        {"id": "2026-11-24", "metadata": None}, {"id": "007", "metadata": None}, {"id": "1e3", "metadata": '{"a": 1}'}]


@case("CSV is what Python's csv reads back: quotes, line breaks, commas; NULL is empty, an empty text is \"\"")
def _():
    values = ["a,b", 'say "x"', "two\nlines", "two\r\nlines", " space ", "数据"]
    at = make(os.path.join(scratch, "csv"), [row(i, text=v, url="") for i, v in enumerate(values)], validation_share=0)
    out = ciyuan("sql", at, "SELECT id, text, url, '' AS empty FROM data ORDER BY id", "--format", "csv")[0]
    # universal newlines of the test's pipe turn \r\n into \n
    got = list(csv.reader(io.StringIO(out, newline="")))
    assert got[0] == ["id", "text", "url", "empty"]
    assert [g[1] for g in got[1:]] == [v.replace("\r\n", "\n") for v in values], got
    assert ',,""' in out, out


@case("a table is aligned, also for wide characters, numbers to the right; long cells are cut")
def _():
    out = ciyuan("sql", folder, "SELECT '数据集' AS a, 1 AS n UNION ALL SELECT 'abc', 12345 UNION ALL SELECT repeat('x', 100), 7 ORDER BY 2")[0]
    lines = out.splitlines()
    assert lines[0].startswith("a ") and lines[0].endswith("n") and set(lines[1]) == {"─", " "}
    assert lines[2] == "数据集" + " " * 54 + "  " + "    1", repr(lines[2])
    assert lines[3].startswith("x" * 59 + "…") and lines[4].endswith("  12345"), lines


@case("a comment, a semicolon and white space at the end of the query do no harm")
def _():
    assert query("SELECT count(*) AS n FROM data -- all of them") == query("  SELECT count(*) AS n FROM data ; ;\n") != []


@case("DESCRIBE and SUMMARIZE work")
def _():
    names = [line.split()[0] for line in ciyuan("sql", folder, "DESCRIBE verdicts")[0].splitlines()[2:]]
    assert names == ["id", "url", "source", "offset", "offset_within", "party", "license", "language", "bytes", "tokens", "what", "step", "operator", "rule",
                     "measured", "threshold", "duplicate_of", "similarity", "signals", "text"], names
    assert "approx_unique" in ciyuan("sql", folder, "SUMMARIZE SELECT id FROM data")[0]


@case("no other file can be read or written, no extension loaded, no setting changed back")
def _():
    target = os.path.join(scratch, "stolen.csv")
    secret = os.path.join(scratch, "secret.csv")
    with open(secret, "w") as file:
        file.write("a\nsecret-value\n")
    for sql in ["SELECT * FROM read_csv('/etc/passwd')", f"SELECT * FROM read_csv('{secret}')", f"SELECT * FROM '{secret}'",
                "SELECT * FROM read_text('/etc/hostname')", f"SELECT * FROM read_parquet('{folder}/../*/data/*.parquet')",
                f"COPY data TO '{target}'", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true", "ATTACH '/tmp/x.db'",
                f"SELECT * FROM glob('{scratch}/*')", f"SELECT 1; COPY data TO '{target}'"]:
        out, err = ciyuan("sql", folder, sql, status=1)
        assert out == "" and err.startswith("ciyuan: ") and "secret-value" not in err, (sql, out, err)
        assert not os.path.exists(target), sql


@case("an error says what DuckDB says of the query as it was written, and where")
def _():
    for sql, words in [("SELEC id FROM data", 'syntax error at or near "SELEC"'), ("SELECT nope FROM data", 'column "nope" not found'),
                       ("SELECT * FROM datta", "datta")]:
        out, err = ciyuan("sql", folder, sql, status=1)
        assert out == "" and words in err and f"LINE 1: {sql}" in err and "hint: the tables are data and verdicts" in err, err


@case("a dataset with no documents and one with no verdicts have both tables")
def _():
    none = make(os.path.join(scratch, "none"), [removed(0, 0, "share_max", 1.0, 0.25)])
    all_kept = make(os.path.join(scratch, "all"), [row(0)])
    for at in (none, all_kept):
        for table in ("data", "verdicts"):
            n = query(f"SELECT count(*) AS n, count(signals.quality.words) AS w FROM {table}", at=at)[0]
            assert n["n"] == int((table == "data") == (at == all_kept)), (at, table, n)


@case("nothing is left behind in the folder for temporary files")
def _():
    folder_for_spill = os.path.join(scratch, "tmp")
    os.mkdir(folder_for_spill)
    ciyuan("sql", folder, "SELECT count(*) FROM data", env={**os.environ, "TMPDIR": folder_for_spill})
    ciyuan("sql", folder, "SELECT nope", status=1, env={**os.environ, "TMPDIR": folder_for_spill})
    assert os.listdir(folder_for_spill) == []


finish()
