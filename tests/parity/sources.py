#!/usr/bin/env python3
"""What the readers give against other programs' readers: warcio, and Python's json, csv and codecs, and pyarrow.

    CIYUAN=build/release/ciyuan CIYUAN_SHARED=../shared .deps/venv/bin/python tests/parity/sources.py

ciyuan builds a dataset without steps; rows and ledger must together be what the other reader gives, in order.
"""
import csv, gzip, io, json, os, random, shutil, subprocess, sys, tempfile, time

CIYUAN = os.path.abspath(os.environ.get("CIYUAN", "build/release/ciyuan"))
SHARED = os.path.join(os.environ.get("CIYUAN_SHARED") or os.path.join(os.path.dirname(__file__), "../../../shared"), "data")
seed = int(os.environ.get("CIYUAN_SEED", time.time_ns() % 1_000_000))
rng = random.Random(seed)
folder = tempfile.mkdtemp(prefix="ciyuan-parity.")
failed = False


def case(sentence):
    def run(function):
        global failed
        try:
            reason = function()
            print(f"skip - {sentence}: {reason}" if reason else f"ok - {sentence}", flush=True)
        except Exception as error:
            failed = True
            print(f"not ok - {sentence}: {type(error).__name__}: {str(error)[:500]} (seed {seed})", flush=True)
        return function
    return run


def build(path, fields=""):
    """The dataset's rows, and what it counted."""
    recipe = os.path.join(folder, "recipe.yaml")
    with open(recipe, "w") as file:
        file.write(f"name: parity\nsources:\n  - {{path: {json.dumps(path)}{fields}}}\nsteps: []\noutput: {{path: out, format: jsonl}}\n")
    out = os.path.join(folder, "out")
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run([CIYUAN, "build", recipe, "--output", out, "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = []
    for name in sorted(os.listdir(os.path.join(out, "data"))):
        with open(os.path.join(out, "data", name), encoding="utf-8", newline="\n") as file:
            rows += [json.loads(line) for line in file.read().split("\n") if line]
    return rows, json.load(open(os.path.join(out, "build.json")))["total"]


def metadata(row):
    return json.loads(row["metadata"]) if row.get("metadata") else {}


def write(name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def equal(found, expected, what):
    assert len(found) == len(expected), f"{len(found)} {what}, expected {len(expected)}"
    for i, (a, b) in enumerate(zip(found, expected)):
        assert a == b, f"{what} {i} is {str(a)[:200]!r}, expected {str(b)[:200]!r}"


WORDS = ["plain", "naïve", "词元", "数据集", "Ελλάδα", "данные", "😀", 'qu"ote', "back\\slash", "tab\there", "", " ", "comma,", "a\nb", "\u2028"]


def words(count):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, count)))


# ---- WARC ----

def by_warcio(path):
    """(id, url, text) of the responses that are HTML, and the number of other records."""
    from warcio.archiveiterator import ArchiveIterator
    pages, others = [], 0
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            kind = record.http_headers.get_header("Content-Type", "") if record.http_headers else ""
            if record.rec_type == "response" and kind.lower().startswith("text/html"):
                body = record.content_stream().read()
                pages.append((record.rec_headers["WARC-Record-ID"], record.rec_headers["WARC-Target-URI"], body.decode("utf-8")))
            else:
                others += 1
    return pages, others


@case("warc: the pages of the shared crawl are warcio's, byte for byte")
def shared_crawl():
    try:
        import warcio  # noqa: F401
    except ImportError as error:
        return str(error)
    for name in ("pages-00", "pages-03"):
        path = os.path.join(SHARED, "web", f"{name}.warc.gz")
        if not os.path.exists(path):
            return "no shared data"
        rows, total = build(os.path.abspath(path))
        pages, others = by_warcio(path)
        equal([(row["id"], row["url"], row["text"]) for row in rows], pages, "page")
        assert total["skipped"] == others and total["unreadable"] == 0, total


@case("warc: chunked and compressed bodies as warcio writes and reads them, with gzip members and without")
def written_by_warcio():
    try:
        from warcio.statusandheaders import StatusAndHeaders
        from warcio.warcwriter import WARCWriter
    except ImportError as error:
        return str(error)
    import zlib
    for packed in (False, True):
        buffer = io.BytesIO()
        writer = WARCWriter(buffer, gzip=packed, warc_version="1.1")
        buffer_pages = []
        for i in range(60):
            text = f"<p>{i} " + words(400)
            body, headers = text.encode(), [("Content-Type", "text/html; charset=utf-8")]
            kind = rng.choice(["plain", "gzip", "deflate"])
            if kind == "gzip":
                body = gzip.compress(body, mtime=0)
            if kind == "deflate":
                body = zlib.compress(body)
            if kind != "plain":
                headers.append(("Content-Encoding", kind))
            if rng.random() < 0.5:
                pieces, at = b"", 0
                while at < len(body):
                    size = rng.randint(1, 500)
                    piece = body[at:at + size]
                    pieces += b"%x\r\n%s\r\n" % (len(piece), piece)
                    at += size
                body = pieces + b"0\r\n\r\n"
                headers.append(("Transfer-Encoding", "chunked"))
            record = writer.create_warc_record(f"http://a/{i}", "response", payload=io.BytesIO(body),
                                               http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"))
            writer.write_record(record)
            buffer_pages.append(text)
        name = "w.warc.gz" if packed else "w.warc"
        path = write(name, buffer.getvalue())
        rows, _ = build(path)
        equal([row["text"] for row in rows], buffer_pages, "page")
        equal([(row["id"], row["url"], row["text"]) for row in rows], by_warcio(path)[0], "page")


# ---- JSON Lines, CSV, Parquet ----

def value():
    return rng.choice([None, True, False, 0, -7, 1.5, 1e300, 12345678901234567890123, "", words(5), [1, [words(2)], {}], {"a": words(2), "b": [None]}])


@case("jsonl: what Python's json reads, whatever the escapes, and the other fields as metadata")
def jsonl():
    records, lines = [], []
    for i in range(2000):
        record = {"text": words(60), "id": f"r{i}"}
        record |= {f"k{rng.randint(0, 5)}": value() for _ in range(rng.randint(0, 4))}
        items = list(record.items())
        rng.shuffle(items)
        lines.append(json.dumps(dict(items), ensure_ascii=rng.random() < 0.5, separators=rng.choice([(",", ":"), (", ", ": ")])))
        records.append((f"r{i}", record["text"], {k: v for k, v in record.items() if k not in ("text", "id")}))
    content = "\n".join(lines).encode()
    array = json.dumps([json.loads(line) for line in lines], indent=rng.choice([None, 2]), ensure_ascii=False).encode()
    for name, content in (("a.jsonl", content), ("a.jsonl.gz", gzip.compress(content, mtime=0)), ("a.json", array)):
        rows, total = build(write(name, content))
        equal([(row["id"], row["text"], metadata(row)) for row in rows], records, "record")


@case("jsonl: the shared texts are what Python's json reads")
def shared_texts():
    for name in ("zh/d2l.jsonl.gz", "web/gold.jsonl.gz"):
        path = os.path.join(SHARED, name)
        if not os.path.exists(path):
            return "no shared data"
        field = "main_content" if "gold" in name else "text"
        rows, _ = build(os.path.abspath(path), f", text: {field}")
        records = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8", newline="\n") if line.strip()]
        equal([row["text"] for row in rows], [record[field] for record in records], "text")
        equal([metadata(row) for row in rows], [{k: v for k, v in record.items() if k not in (field, "id", "url")} for record in records], "metadata")


@case("csv: what Python's csv reads, in every dialect that RFC 4180 knows, in UTF-8 and in GB18030")
def table():
    for round in range(12):
        names = ["id", "text", "url", "note", "词"]
        rng.shuffle(names)
        records = [{name: words(8) for name in names} | {"id": f"r{i}", "url": f"http://a/{i}"} for i in range(200)]
        buffer = io.StringIO(newline="")
        delimiter = rng.choice([",", ";", "\t"])
        writer = csv.DictWriter(buffer, names, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]),
                                quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writeheader()
        writer.writerows(records)
        encoding = rng.choice(["utf-8", "utf-8-sig", "gb18030"])
        path = write("a.csv", buffer.getvalue().encode(encoding))
        given = ", encoding: gb18030" if encoding == "gb18030" else ""
        rows, total = build(path, f", delimiter: {json.dumps(delimiter)}{given}")
        assert total["unreadable"] == 0, total
        with open(path, encoding=encoding, newline="") as file:
            read = list(csv.DictReader(file, delimiter=delimiter))
        equal([(row["id"], row["text"], row["url"], metadata(row)) for row in rows],
              [(r["id"], r["text"], r["url"], {k: v for k, v in r.items() if k in ("note", "词")}) for r in read], "row")


@case("parquet: what pyarrow wrote, in small row groups, with every compression, nested columns as JSON")
def parquet():
    try:
        import pyarrow, pyarrow.parquet
    except ImportError as error:
        return str(error)
    records = [{"text": words(50) if rng.random() < 0.98 else None, "id": i, "n": rng.choice([None, i / 8]), "tags": [words(2) for _ in range(i % 3)],
                "about": {"a": i, "b": words(3)}} for i in range(3000)]
    for compression in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        path = os.path.join(folder, "a.parquet")
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), path, compression=compression, row_group_size=rng.randint(100, 3000))
        rows, total = build(path)
        kept = [r for r in records if r["text"] is not None]
        assert total["unreadable"] == len(records) - len(kept), total
        equal([(row["id"], row["text"], metadata(row)) for row in rows],
              [(str(r["id"]), r["text"], {k: r[k] for k in ("n", "tags", "about")}) for r in kept], "row")


# ---- encodings ----

SENTENCES = {
    "gb18030": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
    "big5": "人人生而自由,在尊嚴和權利上一律平等。他們賦有理性和良心,並應以兄弟關係的精神相對待。",
    "shift_jis": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "euc_jp": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "euc_kr": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "windows-1251": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "koi8-r": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "windows-1252": "Alle Menschen sind frei und gleich an Würde und Rechten geboren – „frei“, 5 €.",
    "windows-1253": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "windows-1256": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.",
    "iso-8859-2": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "utf-16": "Alle Menschen sind frei. 人人生而自由。😀",
}


@case("html: pages in twelve encodings, declared or not, are what Python's codecs read")
def encodings():
    tree = os.path.join(folder, "tree")
    os.makedirs(tree, exist_ok=True)
    expected = {}
    for name, sentence in SENTENCES.items():
        page = f"<html><head><meta charset={name}></head><body>" + "".join(f"<p>{sentence}</p>\n" for _ in range(20))
        write(f"tree/{name}.html", page.encode(name))
        expected[f"{name}.html"] = page
    rows, total = build(tree)
    assert total["unreadable"] == 0, total
    for row, name in zip(rows, sorted(expected)):
        assert row["text"] == expected[name], f"{name}: {row['text'][50:150]!r}"
    shutil.rmtree(tree)
    os.makedirs(tree)
    guessed = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "windows-1251", "koi8-r", "utf-16"]
    for name in guessed:
        write(f"tree/{name}.txt", ((SENTENCES[name] + "\n") * 20).encode(name))
    rows, total = build(tree)
    equal([row["text"] for row in rows], [(SENTENCES[name] + "\n") * 20 for name in sorted(guessed)], "text")


shutil.rmtree(folder, ignore_errors=True)
sys.exit(1 if failed else 0)
