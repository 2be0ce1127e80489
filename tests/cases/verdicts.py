"""`ciyuan verdicts` lists and explains what was not kept; what it says is compared with the rows that the dataset was made of."""
import collections, json, os, re

from _case import case, ciyuan, finish, scratch
from _made import STEPS, make, removed, row, unread, usual

rows = usual(600)
folder = make(os.path.join(scratch, "usual"), rows)
jsonl = make(os.path.join(scratch, "jsonl"), rows, format="jsonl.gz")
gone = [r for r in rows if r["what"] != "kept"]


def step_of(r):
    return "" if r["step"] is None else STEPS[r["step"]]


def as_json(*arguments, at=folder):
    return json.loads(ciyuan("verdicts", at, "--format", "json", *arguments)[0])


@case("the summary counts every verdict, by step and rule, with bytes and the range of what was measured")
def _():
    counts, size, measured = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for r in gone:
        key = (r["what"], step_of(r), r["rule"])
        counts[key] += 1
        size[key] += r["bytes"]
        measured[key].append(r["measured"])
    summary = as_json()["summary"]
    assert {(s["what"], s["step"], s["rule"]): s["count"] for s in summary} == counts
    for s in summary:
        key = (s["what"], s["step"], s["rule"])
        values = [m for m in measured[key] if m is not None]
        assert s["bytes"] == size[key], s
        assert (s["measured_min"], s["measured_max"]) == ((min(values), max(values)) if values else (None, None)), s
    steps = [s["step"] for s in summary]
    assert steps == sorted(steps, key=["", *STEPS].index), f"not in the recipe's order: {steps}"


@case("--step, --operator, --rule and --what take only what they name, alone and together")
def _():
    for filters, expected in [(("--step", "dedup"), lambda r: r["step"] == 1), (("--operator", "test_quality"), lambda r: r["step"] == 0),
                              (("--rule", "score_min"), lambda r: r["rule"] == "score_min"), (("--what", "skipped"), lambda r: r["what"] == "skipped"),
                              (("--step", "dedup", "--rule", "score_min"), lambda r: False)]:
        got = as_json(*filters, "--sample", 1000)
        ids = sorted(r["id"] for r in gone if expected(r))
        assert sorted(s["id"] for s in got["samples"]) == ids, filters
        assert sum(s["count"] for s in got["summary"]) == len(ids), filters


@case("samples are chosen by hash: as many as asked for, the same each time")
def _():
    first, again = as_json("--sample", 7), as_json("--sample", 7)
    assert len(first["samples"]) == 7 and first == again
    assert as_json("--sample", 0)["samples"] == []


@case("a removed document is explained by step, rule, measure and threshold, with every signal beside its threshold")
def _():
    r = next(r for r in gone if r["rule"] == "share_max")
    text = ciyuan("verdicts", folder, "--id", r["id"])[0]
    assert "by step quality (operator test_quality), rule share_max" in text, text
    assert f"measured {r['measured']:.4g}, kept when ≤ 0.25" in text, text
    assert "≤ 0.25 NOT met (share_max)" in text and "quality.words" in text and r["text"][:200] in text, text
    found = as_json("--id", r["id"])
    assert found["what"] == "removed" and found["verdict"]["text"] == r["text"]
    assert found["thresholds"] == [{"step": "quality", "signal": "share", "rule": "share_max", "measured": r["measured"], "keep": "≤", "low": 0.25,
                                    "high": 0.25, "met": False}]


@case("a duplicate is explained by the document it duplicates, how alike they are, and both texts")
def _():
    r = next(r for r in gone if r["duplicate_of"])
    other = next(o for o in rows if o["id"] == r["duplicate_of"])
    text = ciyuan("verdicts", folder, "--id", r["id"])[0]
    assert f"near-duplicate of {other['id']}, 97 % alike (similarity 0.97)" in text, text
    assert "the kept document, in data/" in text and r["text"][:100] in text and text.count(other["text"][:100]) == 2, text
    found = as_json("--id", r["id"])
    assert found["duplicate_of"]["id"] == other["id"] and found["duplicate_of"]["text"] == other["text"]


@case("a duplicate of a document that went later, or of an earlier dataset, says so")
def _():
    at = make(os.path.join(scratch, "chain"), [
        row(0), removed(1, 1, "near", duplicate_of="doc-00002", similarity=1.0), removed(2, 2, "score_min", 0.1, 0.3, text="first of them"),
        removed(3, 1, "near", duplicate_of="elsewhere", similarity=0.996)])
    text = ciyuan("verdicts", at, "--id", "doc-00001")[0]
    assert "duplicate of doc-00002, 100 % alike (similarity 1.00)" in text and "near-" not in text, text
    assert "was removed later itself, by step again, rule score_min" in text and "first of them" in text, text
    text = ciyuan("verdicts", at, "--id", "doc-00003")[0]
    assert "over 99 % alike (similarity 1.00)" in text and "is not in this dataset" in text, text


@case("a kept document is said to be kept, and where it lies; by its url too")
def _():
    r = next(r for r in rows if r["what"] == "kept")
    for at, suffix in [(folder, "parquet"), (jsonl, "jsonl.gz")]:
        for name in (r["id"], r["url"]):
            text = ciyuan("verdicts", at, "--id", name)[0]
            assert f"kept         in data/" in text and f"-00000.{suffix}" in text and r["text"][:100] in text, text
    assert as_json("--id", r["id"])["what"] == "kept"


@case("an unreadable record is explained by reason, file and byte")
def _():
    r = next(r for r in gone if r["what"] == "unreadable")
    text = ciyuan("verdicts", folder, "--id", r["id"])[0]
    assert "unreadable   while it was read: truncated" in text and f"notes/数据.jsonl, byte {r['offset']} + 7" in text, text


@case("an id that is nowhere is an error that says how to look for it")
def _():
    out, err = ciyuan("verdicts", folder, "--id", "nobody", status=1)
    assert out == "" and 'no record has the id or url "nobody"' in err and "hint: " in err, err


@case("quotes and SQL in an id are text")
def _():
    name = "it's \"quoted\"; DROP VIEW data; --"
    at = make(os.path.join(scratch, "quotes"), [row(0, id=name), removed(1, 0, "share_max", 1, 0.25, id=name + "2")])
    assert "kept" in ciyuan("verdicts", at, "--id", name)[0]
    assert "rule share_max" in ciyuan("verdicts", at, "--id", name + "2")[0]


@case("no control character of a document reaches the terminal")
def _():
    evil = "\x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m"
    at = make(os.path.join(scratch, "escape"), [
        row(0, id="a" + evil, text=evil, url="u" + evil), removed(1, 1, "near" + evil, duplicate_of="a" + evil, similarity=0.9, id="b" + evil, text=evil),
        unread(2, "skipped", "type" + evil, id="c" + evil)])
    texts = [ciyuan("verdicts", at)[0]] + [ciyuan("verdicts", at, "--id", x + evil)[0] for x in "abc"]
    texts.append(ciyuan("sql", at, "SELECT * FROM data")[0] + ciyuan("sql", at, "SELECT * FROM verdicts")[0])
    for text in texts:
        bad = [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
        assert not bad, (bad, text)


@case("what is no dataset is refused with a hint")
def _():
    _, err = ciyuan("verdicts", scratch, status=1)
    assert "is no dataset: it has no MANIFEST" in err and "hint: " in err, err
    _, err = ciyuan("verdicts", os.path.join(scratch, "absent"), status=1)
    assert "absent" in err, err


@case("docs/verdicts.md names every option that -h names, command by command, and no other")
def _():
    source = os.environ.get("CIYUAN_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    with open(os.path.join(source, "docs", "verdicts.md"), encoding="utf-8") as file:
        docs = file.read()
    for command in ("verdicts", "sql", "diff", "verify"):
        synopsis = re.search(rf"^    ciyuan {command} .*$", docs, re.M).group(0)
        help_text = ciyuan(command, "-h")[0]
        assert set(re.findall(r"--([a-z]+)", synopsis)) == set(re.findall(r"^  --([a-z]+)", help_text, re.M)), (synopsis, help_text)


finish()
