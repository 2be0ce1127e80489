"""Damaged files: the run goes on, what can be read is read, and each loss is one row of the ledger with file, offset and reason."""
import gzip, json, os

from _case import case, ciyuan, finish, scratch, write


def lines(first, count):
    return "".join(json.dumps({"id": f"d{i}", "text": f"text number {i}"}) + "\n" for i in range(first, first + count)).encode()


def page(name):
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page {name}</p>".encode()
    return b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <%s>\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (
        name.encode(), len(http), http)


def build(threads=1):
    """Builds over the folder `in`; (rows kept, total, ledger rows)."""
    paths = ["in/*.jsonl*", "in/*.warc*", "in/*.parquet", "in/*.csv"]
    recipe = write("recipe.yaml", "name: damaged\nsources:\n" + "".join(f"  - path: '{path}'\n" for path in paths) +
                   "steps: []\noutput: {path: out, format: jsonl}\n")
    ciyuan("build", recipe, "--replace", "--quiet", "--threads", threads)
    out = os.path.join(scratch, "out")
    rows = [json.loads(line) for name in sorted(os.listdir(f"{out}/data")) for line in open(f"{out}/data/{name}")]
    total = json.load(open(f"{out}/build.json"))["total"]
    stdout, _ = ciyuan("sql", out, 'SELECT source, rule, "offset", what FROM verdicts', "--format", "json")
    return rows, total, [json.loads(line) for line in stdout.splitlines()]


members = [gzip.compress(page(name), mtime=0) for name in "abcde"]
broken = bytearray(members[2])
broken[30] ^= 0xFF
truncated = gzip.compress(lines(100, 500), mtime=0)[:-200]
write("in/cut.jsonl.gz", truncated)
write("in/middle.warc.gz", b"".join(members[:2]) + bytes(broken) + b"".join(members[3:]))
write("in/length.warc", page("f") + page("g").replace(b"Content-Length: 5", b"Content-Length: 9", 1) + page("h"))
write("in/lines.jsonl", lines(0, 2) + b'{"id": "x", "text": "half\n{"id": "y"}\n{"id": "z", "text": "\xff"}\n' + lines(2, 1))
write("in/no.parquet", b"PAR1 and then nothing of the kind")
write("in/table.csv", b'id,text\nt1,one\nt2,one,too many\nt3,"never closed\nt4,four\n')
write("in/zero.jsonl.gz", b"")


@case("everything that can be read is read, and read = kept + removed + unreadable + skipped")
def counts():
    rows, total, ledger = build()
    ids = [row["id"] for row in rows]
    assert total["read"] == total["kept"] + total["removed"] + total["unreadable"] + total["skipped"], total
    assert [i for i in ids if i in ("<a>", "<b>", "<d>", "<e>")] == ["<a>", "<b>", "<d>", "<e>"], ids
    assert [i for i in ids if i in ("<f>", "<h>")] == ["<f>", "<h>"], ids
    assert all(f"d{i}" in ids for i in range(3)) and "t1" in ids and "t4" in ids, ids
    assert "d100" in ids and "d599" not in ids


@case("each loss says why and where")
def reasons():
    _, _, ledger = build()
    found = {(row["source"], row["rule"]): row for row in ledger}
    for source, rule in (("in/cut.jsonl.gz", "gzip_truncated"), ("in/middle.warc.gz", "gzip_corrupt"), ("in/length.warc", "content_length"),
                         ("in/lines.jsonl", "no_text_field"), ("in/table.csv", "csv: 3 fields, the header has 2"),
                         ("in/table.csv", "csv: quote not closed"), ("in/zero.jsonl.gz", "gzip_truncated")):
        assert (source, rule) in found, f"{source} {rule} is not in the ledger: {sorted(found)}"
    assert found["in/middle.warc.gz", "gzip_corrupt"]["offset"] == len(members[0]) + len(members[1])
    assert found["in/length.warc", "content_length"]["offset"] == len(page("f"))
    assert not any(scratch in row["rule"] for row in ledger), "an absolute path stands in the ledger"


@case("each reason is told in a sentence; a row of Parquet is named by its number; the lock has the source's parameters")
def sentences():
    build()
    made = os.path.join(scratch, "out")
    shown, _ = ciyuan("summary", made)
    for rule, why in (("gzip_truncated", "the file ends within a gzip member"), ("content_length", "Content-Length is missing or wrong"),
                      ("no_text_field", "no field of the name"), ("csv: quote not closed", "a quote that is not closed")):
        line = next(line for line in shown.splitlines() if line.strip().startswith(rule))
        assert why in line, line
        assert why in open(f"{made}/build.html").read(), rule
    write("rows.jsonl", "".join(json.dumps({"text": f"row {i}", **({"url": f"http://a/{i}"} if i % 3 else {})}) + "\n" for i in range(9)))
    ciyuan("build", write("rows.yaml", "name: rows\nsources: [rows.jsonl]\noutput: {path: rows-out}\n"), "--quiet")
    again = write("again.yaml", "name: again\nsources: [{path: rows-out/data/*.parquet, text: url, url: none}]\noutput: {path: again-out}\n")
    ciyuan("build", again, "--quiet")
    again = os.path.join(scratch, "again-out")
    lock = json.load(open(f"{again}/recipe.lock"))["sources"][0]
    assert lock["format"] == "parquet" and lock["parameters"] == {"text": "url", "id": "id", "url": "none"}, lock
    shown, _ = ciyuan("verdicts", again, "--id", "rows.jsonl#6")
    assert "rows-out/data/train-00000.parquet, row 6\n" in shown and "no field of the name that the source's `text` says" in shown, shown
    shown, _ = ciyuan("verdicts", again)
    assert "train-00000.parquet, row 3\n" in shown and "byte" not in shown.split("\n\n", 1)[1], shown


@case("the dataset is the same for one thread and for four")
def threads():
    first = build(1)
    assert build(4) == first


finish()
