#!/usr/bin/env python3
"""The commands of `ciyuan tokens` and the operator count_tokens, with a vocabulary small enough to follow by hand."""
import base64, glob, gzip, hashlib, io, json, os, random, shutil, struct, subprocess, sys, tarfile, time

import duckdb
import numpy
import polars
import pyarrow.parquet

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from _case import CIYUAN, case, ciyuan, finish, scratch, write

CACHE = os.path.join(scratch, "cache")
os.environ["CIYUAN_CACHE"] = CACHE

# Every byte, then these, in the order in which they merge. Pieces are runs of space and of no space, so all can be told by hand.
MERGED = [b"th", b"the", b" t", b"an", b"and"]
END = 256 + len(MERGED)
RANKS = {bytes([i]): i for i in range(256)} | {token: 256 + i for i, token in enumerate(MERGED)}
TINY = json.dumps({"explicit_n_vocab": END + 1, "pat_str": r"\S+|\s+", "special_tokens": {"<|endoftext|>": END},
                   "bpe_ranks": "! 0 " + " ".join(base64.b64encode(token).decode() for token in RANKS)})


def encode(text):
    """Byte-level BPE by its definition: of all neighbours that are a token together, the one of the lowest rank is merged, the leftmost first."""
    ids, data = [], text.encode()
    pieces, start = [], 0
    for i in range(1, len(data) + 1):
        if i == len(data) or data[i:i + 1].isspace() != data[start:start + 1].isspace():
            pieces.append(data[start:i])
            start = i
    for piece in pieces if data else []:
        parts = [piece[i:i + 1] for i in range(len(piece))]
        while True:
            ranks = [(RANKS[a + b], i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in RANKS]
            if not ranks:
                break
            i = min(ranks)[1]
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        ids += [RANKS[part] for part in parts]
    return ids


tiny = write("vocabularies/tiny.json", TINY)
texts = {"a": "the cat and the hat", "b": "thethe", "c": "数 and", "d": "", "e": "x " * 40}
docs = write("docs.jsonl", "".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, text in texts.items()))
book = write("book.txt", b"the \xff\xfe end\n")


# ---- vocabularies ----

@case("a vocabulary of one's own gets a name, and is found by it")
def _():
    out, _ = ciyuan("tokens", "get", "mine", "--from", tiny)
    assert hashlib.sha256(TINY.encode()).hexdigest() in out, out
    assert open(os.path.join(CACHE, "vocabularies", "mine.json")).read() == TINY
    by_name, by_path = (ciyuan("tokens", "count", "--tokenizer", name, docs)[0] for name in ("mine", tiny))
    assert by_name == by_path and by_name.split()[0] == str(sum(map(len, map(encode, texts.values())))), by_name


@case("a known vocabulary that is not here says how to bring it")
def _():
    _, err = ciyuan("tokens", "count", "--tokenizer", "gpt-oss", docs, status=2)
    assert "ciyuan tokens get gpt_oss" in err, err


@case("an unknown name names the nearest known one")
def _():
    _, err = ciyuan("tokens", "count", "--tokenizer", "o200k", docs, status=2)
    assert "there is no vocabulary" in err, err
    _, err = ciyuan("tokens", "count", "--tokenizer", "o200k_bose", docs, status=2)
    assert "o200k_base" in err, err


def package(name, content):
    path, out = os.path.join(scratch, name), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for member, data in (("package/package.json", b"{}"), ("package/encoders/o200k_base.json", content)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with gzip.open(path, "wb") as file:
        file.write(out.getvalue())
    return path


@case("a package whose vocabulary has another hash is refused, with both hashes")
def _():
    _, err = ciyuan("tokens", "get", "o200k_base", "--from", package("wrong.tgz", TINY.encode()), status=1)
    assert hashlib.sha256(TINY.encode()).hexdigest() in err and "df53e1a5" in err, err
    assert not os.path.exists(os.path.join(CACHE, "vocabularies", "o200k_base.json"))


@case("a package without the vocabulary, and one that is cut, say so")
def _():
    _, err = ciyuan("tokens", "get", "gpt2", "--from", package("other.tgz", b"{}"), status=1)
    assert "does not hold package/encoders/gpt2.json" in err and "tiktoken@" in err, err
    whole = open(package("cut.tgz", os.urandom(100_000)), "rb").read()
    _, err = ciyuan("tokens", "get", "o200k_base", "--from", write("cut.tgz", whole[:50_000]), status=1)
    assert "ends early" in err or "damaged" in err, err


@case("without npm, and when npm fails, get says what to do")
def _():
    os.makedirs(os.path.join(scratch, "empty"), exist_ok=True)
    _, err = ciyuan("tokens", "get", "gpt2", status=1, env={"PATH": os.path.join(scratch, "empty"), "CIYUAN_CACHE": CACHE})
    assert "could not run npm" in err and "npm pack tiktoken@1.0.22" in err, err
    npm = write("bin/npm", "#!/bin/sh\nexit 3\n")
    os.chmod(npm, 0o755)
    _, err = ciyuan("tokens", "get", "gpt2", status=1, env={"PATH": os.path.dirname(npm) + ":" + os.environ["PATH"], "CIYUAN_CACHE": CACHE})
    assert "npm could not bring the package tiktoken@1.0.22" in err and "--from" in err, err
    assert not glob.glob(os.path.join(CACHE, "vocabularies", ".npm*"))


@case("a known vocabulary whose file in the cache was changed is not used")
def _():
    write("cache/vocabularies/gpt2.json", TINY)
    _, err = ciyuan("tokens", "count", "--tokenizer", "gpt2", docs, status=1)
    assert "not gpt2 as it is known" in err and "tokens get gpt2" in err, err
    os.remove(os.path.join(CACHE, "vocabularies", "gpt2.json"))


# ---- counting, encoding ----

@case("count prints tokens, bytes and name of each file, and a total")
def _():
    out, _ = ciyuan("tokens", "count", "--tokenizer", tiny, docs, book)
    rows = [line.split(maxsplit=2) for line in out.splitlines()]
    tokens, size = sum(map(len, map(encode, texts.values()))), sum(len(text.encode()) for text in texts.values())
    assert rows == [[str(tokens), str(size), docs], ["9", "11", book], [str(tokens + 9), str(size + 11), "total"]], rows


@case("count --by document prints a line a document, as JSON when asked")
def _():
    out, _ = ciyuan("tokens", "count", "--tokenizer", tiny, "--by", "document", "--format", "json", docs)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row.get("document"), row["tokens"]) for row in rows[:-1]] == [(id_, len(encode(text))) for id_, text in texts.items()], rows


@case("the order is that of the documents, whatever the number of threads")
def _():
    many = write("many.jsonl", "".join(json.dumps({"id": str(i), "text": "the " * (i % 97)}) + "\n" for i in range(20_000)))
    one, three = (ciyuan("tokens", "count", "--tokenizer", tiny, "--by", "document", "--threads", n, many)[0] for n in (1, 3))
    assert one == three and len(one.splitlines()) == 20_001


@case("encode writes ids by the definition, and decode brings back every byte")
def _():
    out, _ = ciyuan("tokens", "encode", "--tokenizer", tiny, "--format", "text", "--end", "<|endoftext|>", docs)
    assert [list(map(int, line.split())) for line in out.splitlines()] == [encode(text) + [END] for text in texts.values()], out
    raw = write("raw.bin", os.urandom(100_000))
    for kind, dtype in (("u32", "<u4"), ("u16", "<u2")):
        ids = os.path.join(scratch, "ids." + kind)
        ciyuan("tokens", "encode", "--tokenizer", tiny, "--format", kind, "--output", ids, raw)
        assert numpy.fromfile(ids, dtype).max() < END
        ciyuan("tokens", "decode", "--tokenizer", tiny, "--format", kind, "--output", ids + ".txt", ids)
        assert open(ids + ".txt", "rb").read() == open(raw, "rb").read()


@case("an id that is no token is an error, and the file that was there stays")
def _():
    kept = write("kept.txt", "kept")
    _, err = ciyuan("tokens", "decode", "--tokenizer", tiny, "--format", "text", "--output", kept, write("bad.ids", "1 2 99999"), status=1)
    assert "99999" in err and open(kept).read() == "kept" and not os.path.exists(kept + ".partial"), err
    _, err = ciyuan("tokens", "decode", "--tokenizer", tiny, "--format", "text", write("worse.ids", "1 2x"), status=1)
    assert "byte 2" in err, err


@case("special tokens' names are text, and tokens only when asked")
def _():
    text = write("special.txt", "a<|endoftext|>")
    assert ciyuan("tokens", "encode", "--tokenizer", tiny, "--format", "text", text)[0].split() == [str(b) for b in b"a<|endoftext|>"]
    assert ciyuan("tokens", "encode", "--tokenizer", tiny, "--format", "text", "--specials", text)[0].split() == ["97", str(END)]


# ---- packing ----

def read_megatron(stem):
    """The sequences, and the documents' first sequences, by the definition of the format."""
    data = open(stem + ".idx", "rb").read()
    assert data[:9] == b"MMIDIDX\x00\x00" and struct.unpack_from("<Q", data, 9) == (1,)
    dtype = {4: numpy.int32, 8: numpy.uint16}[data[17]]
    sequences, documents = struct.unpack_from("<QQ", data, 18)
    lengths = numpy.frombuffer(data, numpy.int32, sequences, 34)
    offsets = numpy.frombuffer(data, numpy.int64, sequences, 34 + 4 * sequences)
    firsts = numpy.frombuffer(data, numpy.int64, documents, 34 + 12 * sequences)
    assert len(data) == 34 + 12 * sequences + 8 * documents
    ids = numpy.memmap(stem + ".bin", dtype, "r")
    return [ids[offset // ids.itemsize:][:length].tolist() for offset, length in zip(offsets, lengths)], firsts.tolist(), len(ids)


def pack(name, *options, status=0):
    folder = os.path.join(scratch, name)
    out, err = ciyuan("tokens", "pack", "--tokenizer", tiny, "--output", folder, *options, status=status)
    return folder if status == 0 else err


expected = [encode(text) + [END] for text in texts.values() if text]


@case("Megatron's index gives back every document, ended by the end token; empty ones are left out")
def _():
    sequences, firsts, total = read_megatron(pack("megatron", docs) + "/train")
    assert sequences == expected and firsts == list(range(len(expected) + 1)) and total == sum(map(len, expected)), sequences
    report = json.load(open(os.path.join(scratch, "megatron/pack.json")))
    assert report["splits"] == {"train": {"documents": 4, "tokens": total, "rows": 4, "filled": 0, "files": 1}} and report["empty_documents"] == 1
    assert report["tokenizer"]["sha256"] == hashlib.sha256(TINY.encode()).hexdigest() and report["type"] == "uint16", report


@case("a flat file is the documents end to end, for numpy's memmap")
def _():
    ids = numpy.memmap(pack("flat", "--format", "bin", docs) + "/train.bin", numpy.uint16, "r")
    assert ids.tolist() == sum(expected, [])


def shuffled(count, seed):
    """Fisher and Yates with splitmix64 and Lemire's range, from their papers."""
    mask, items = (1 << 64) - 1, list(range(count))

    def random():
        nonlocal seed
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        value = seed
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & mask
        value = (value ^ value >> 27) * 0x94D049BB133111EB & mask
        return value ^ value >> 31

    for left in range(count, 1, -1):
        product = random() * left
        while (product & mask) < (1 << 64) % left:
            product = random() * left
        items[left - 1], items[product >> 64] = items[product >> 64], items[left - 1]
    return items


many = write("many2.jsonl", "".join(json.dumps({"id": f"doc-{i}", "text": f"and {i} the " * (1 + i * 7919 % 37)}) + "\n" for i in range(500)))
many_ids = [encode(f"and {i} the " * (1 + i * 7919 % 37)) + [END] for i in range(500)]


@case("a seed shuffles by the definition, the same on any number of threads")
def _():
    one = pack("seed1", "--seed", 42, "--threads", 1, many)
    assert read_megatron(one + "/train")[0] == [many_ids[i] for i in shuffled(500, 42)]
    other = pack("seed2", "--seed", 42, "--threads", 3, many)
    assert all(open(f"{one}/{name}", "rb").read() == open(f"{other}/{name}", "rb").read() for name in os.listdir(one))


@case("validation takes whole documents by their ids, none is lost or in both")
def _():
    folder = pack("split", "--validation", 0.2, many)
    train, validation = (read_megatron(f"{folder}/{name}")[0] for name in ("train", "validation"))
    assert 50 <= len(validation) <= 150 and sorted(train + validation) == sorted(many_ids), len(validation)


@case("rows of one length: documents that fit stay whole, longer ones are cut only at the row's length, all tokens are there")
def _():
    length = 100
    table = pyarrow.parquet.read_table(pack("parquet", "--format", "parquet", "--length", length, many) + "/train.parquet")
    rows, lengths = table["input_ids"].to_pylist(), table["document_lengths"].to_pylist()
    pieces = []
    for row, parts in zip(rows, lengths):
        assert len(row) == length and sum(parts) <= length and all(id_ == END for id_ in row[sum(parts):])
        for part in parts:
            pieces.append(row[:part])
            row = row[part:]
    cut = [ids[at:at + length] for ids in many_ids for at in range(0, len(ids), length)]
    assert sorted(pieces) == sorted(cut)
    total = sum(map(len, many_ids))
    assert len(rows) <= 1.02 * -(-total // length), f"{len(rows)} rows for {total} tokens"
    path = os.path.join(scratch, "parquet/train.parquet")
    assert duckdb.sql(f"SELECT count(*), sum(len(input_ids)), sum(list_sum(document_lengths)) FROM '{path}'").fetchall() == [(len(rows), length * len(rows), total)]
    assert polars.read_parquet(path)["input_ids"].to_list() == rows
    flat = numpy.memmap(pack("flat100", "--format", "bin", "--length", length, many) + "/train.bin", numpy.uint16, "r").reshape(-1, length)
    assert flat.tolist() == rows


@case("shards hold the same rows in the same order, and no file's ids have more bytes than asked for, unless they are one row")
def _():
    size, longest = 2000, max(map(len, many_ids))
    folder = pack("shards", "--seed", 7, "--validation", 0.2, "--shard-size", size, many)
    whole = pack("whole", "--seed", 7, "--validation", 0.2, many)
    report = json.load(open(folder + "/pack.json"))
    assert report["shard_size"] == size
    for split in ("train", "validation"):
        stems = sorted(path[:-4] for path in glob.glob(f"{folder}/{split}-*.idx"))
        assert len(stems) > 3 and stems[0].endswith("-00000") and len(stems) == report["splits"][split]["files"], stems
        shards = [read_megatron(stem)[0] for stem in stems]
        assert sum(shards, []) == read_megatron(f"{whole}/{split}")[0]
        for shard, following in zip(shards, shards[1:]):
            bytes_ = 2 * sum(map(len, shard))
            assert bytes_ <= size and bytes_ + 2 * len(following[0]) > size, bytes_
    alone = pack("alone", "--shard-size", 1, docs) # every row is larger
    assert [read_megatron(f"{alone}/train-0000{i}")[0] for i in range(4)] == [[ids] for ids in expected]
    rows = [pack(f"rows{threads}", "--format", "parquet", "--length", 64, "--seed", 7, "--shard-size", "8KiB", "--threads", threads, many)
            for threads in (1, 4)]
    names = sorted(os.listdir(rows[0]))
    assert len(names) > 3 and all(open(f"{rows[0]}/{name}", "rb").read() == open(f"{rows[1]}/{name}", "rb").read() for name in names)
    tables = [pyarrow.parquet.read_table(f"{rows[0]}/{name}") for name in names if name.startswith("train")]
    assert all(table.num_rows * 64 * 4 <= 8192 for table in tables)
    flat = numpy.memmap(pack("flat64/", "--format", "bin", "--length", 64, "--seed", 7, many) + "train.bin", numpy.uint16, "r").reshape(-1, 64)
    assert [row for table in tables for row in table["input_ids"].to_pylist()] == flat.tolist()


@case("a pack that is killed leaves nothing under its name, and the next one is whole")
def _():
    large = write("large.jsonl", "".join(json.dumps({"id": f"doc-{i}", "text": f"and {i} the " * 400}) + "\n" for i in range(6000)))
    options = ["tokens", "pack", "--tokenizer", tiny, "--format", "parquet", "--length", "512", "--seed", "1", "--shard-size", "1MiB"]
    began = time.monotonic()
    whole = pack("killed-whole", *options[4:], large)
    took, killed = time.monotonic() - began, 0
    folder = os.path.join(scratch, "killed")
    for i in range(12):
        running = subprocess.Popen([CIYUAN, *options, "--output", folder, large], stdout=subprocess.DEVNULL)
        time.sleep(took * random.random())
        running.kill()
        killed += running.wait() < 0
        if os.path.exists(folder): # it was done before
            assert sorted(os.listdir(folder)) == sorted(os.listdir(whole))
            shutil.rmtree(folder)
    assert killed > 0
    assert pack("killed", *options[4:], large) == folder and not os.path.exists(folder + ".partial")
    for name in os.listdir(whole):
        assert open(f"{whole}/{name}", "rb").read() == open(f"{folder}/{name}", "rb").read(), name


@case("pack refuses what it cannot do, and leaves nothing behind")
def _():
    assert "is there already" in pack("flat", docs, status=2)
    assert "--length is missing" in pack("none", "--format", "parquet", docs, status=2)
    assert "--validation" in pack("none", "--validation", "1.5", docs, status=2)
    assert "no token \"<nope>\"" in pack("none", "--end", "<nope>", docs, status=2)
    assert not os.path.exists(os.path.join(scratch, "none"))


# ---- in a dataset ----

recipe = write("recipe.yaml", f"""name: counted
sources:
  - {{path: docs.jsonl, party: one}}
  - {{path: more.jsonl, party: two}}
steps:
  - url_filter: {{domains: ["@blocked.txt"]}}
  - count_tokens: vocabularies/tiny.json
  - count_tokens: {{tokenizer: mine, as: again}}
  - where: "signals.count_tokens.tokens_per_byte < 0.95"
output: {{path: out}}
""")
write("blocked.txt", "bad.org\n")
write("more.jsonl", json.dumps({"id": "f", "text": "the the the"}) + "\n")
out = os.path.join(scratch, "out")


@case("count_tokens fills the dataset's tokens, of kept and of removed documents")
def _():
    ciyuan("build", recipe)
    kept = dict(duckdb.sql(f"SELECT id, tokens FROM '{out}/data/*.parquet'").fetchall())
    gone = dict(duckdb.sql(f"SELECT id, tokens FROM '{out}/verdicts/*.parquet'").fetchall())
    for id_, text in (texts | {"f": "the the the"}).items():
        number = len(encode(text))
        dense = bool(text) and number / len(text.encode()) >= 0.95
        assert (gone if dense else kept)[id_] == {"tiny": number, "mine": number}, (id_, kept, gone)
    assert gone and len(kept) + len(gone) == 6


@case("the build report, the card and summary show tokens by step and by party")
def _():
    report = json.load(open(out + "/build.json"))
    total = {id_: len(encode(text)) for id_, text in (texts | {"f": "the the the"}).items()}
    kept = [row[0] for row in duckdb.sql(f"SELECT id FROM '{out}/data/*.parquet'").fetchall()]
    assert report["total"]["tokens"] == {"tiny": sum(total[i] for i in kept), "mine": sum(total[i] for i in kept)}
    assert [step["out_tokens"].get("tiny") for step in report["steps"]] == [None, sum(total.values()), sum(total.values()), sum(total[i] for i in kept)]
    assert {row["name"]: row["tokens"]["tiny"] for row in report["parties"]} == {
        "one": sum(total[i] for i in kept if i != "f"), "two": sum(total[i] for i in kept if i == "f")}
    assert "tokens of tiny" in open(out + "/README.md").read() and "Tokens out" in open(out + "/build.html").read()
    assert "of tiny" in ciyuan("summary", out)[0]


@case("the lock names the sha256 of the vocabularies and of the lists that steps read")
def _():
    steps = json.load(open(out + "/recipe.lock"))["steps"]
    digest = hashlib.sha256(TINY.encode()).hexdigest()
    assert [step.get("files") for step in steps] == [
        [{"name": "blocked.txt", "sha256": hashlib.sha256(b"bad.org\n").hexdigest()}],
        [{"name": "vocabularies/tiny.json", "sha256": digest}], [{"name": "mine", "sha256": digest}], None], steps


@case("a dataset is counted by party, and packed")
def _():
    rows = [line.split() for line in ciyuan("tokens", "count", "--tokenizer", tiny, "--by", "party", out)[0].splitlines()]
    report = json.load(open(out + "/build.json"))
    assert {row[2]: int(row[0]) for row in rows} == {row["name"]: row["tokens"]["tiny"] for row in report["parties"]} | {"total": report["total"]["tokens"]["tiny"]}
    sequences = read_megatron(pack("dataset", out) + "/train")[0]
    kept = [row[0] for row in duckdb.sql(f"SELECT text FROM '{out}/data/*.parquet'").fetchall()]
    assert sequences == [encode(text) + [END] for text in kept if text]


@case("where asks for the tokens that a step before it counted, and for no others")
def _():
    made = write("asked.yaml", "name: asked\nsources: [docs.jsonl]\nsteps:\n  - count_tokens: vocabularies/tiny.json\n"
                 "  - where: tokens.tiny between 2 and 15\noutput: {path: asked}\n")
    ciyuan("build", made)
    kept = duckdb.sql(f"SELECT id, tokens.tiny FROM '{scratch}/asked/data/*.parquet' ORDER BY id").fetchall()
    assert kept == sorted((id_, len(encode(text))) for id_, text in texts.items() if 2 <= len(encode(text)) <= 15) and len(kept) > 1, kept
    write("asked.yaml", "name: asked\nsources: [docs.jsonl]\nsteps:\n  - where: tokens.tiny > 3\n"
          "  - count_tokens: vocabularies/tiny.json\noutput: {path: asked2}\n")
    _, err = ciyuan("build", made, status=2)
    assert "asked.yaml:4:" in err and 'no step before this one counts the tokens of "tiny"' in err and "count_tokens" in err, err
    assert not os.path.exists(os.path.join(scratch, "asked2"))


@case("two steps cannot count into one column")
def _():
    write("twice.yaml", open(recipe).read().replace("tokenizer: mine", "tokenizer: vocabularies/tiny.json"))
    _, err = ciyuan("build", os.path.join(scratch, "twice.yaml"), "--replace", status=2)
    assert "twice.yaml:8" in err and "column:" in err, err


@case("try prints the tokens of each document")
def _():
    rows = [json.loads(line) for line in ciyuan("try", f"count_tokens: {tiny}", docs)[0].splitlines()]
    assert [row["tokens"] for row in rows] == [{"tiny": len(encode(text))} for text in texts.values()], rows


# ---- help ----

@case("every command of tokens has help and a man page")
def _():
    listed, _ = ciyuan("tokens", "-h")
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert {"get", "count", "encode", "decode", "pack"} <= set(names), listed
    for name in names:
        assert ciyuan("tokens", name, "-h")[0].startswith(f"usage: ciyuan tokens {name} ")
        page = ciyuan("tokens", name, "-h", env=os.environ | {"CIYUAN_HELP": "man"})[0]
        assert page.startswith(f".TH CIYUAN-tokens-{name} 1") and ".SH OPTIONS" in page, page
    _, err = ciyuan("tokens", "cuont", status=2)
    assert "tokens count" in err, err


finish()
