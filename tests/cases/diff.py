"""`ciyuan diff A B` against brute force over the rows of both."""
import collections, json, os, random

from _case import case, ciyuan, finish, scratch
from _made import STEPS, make, removed, row, usual

rng = random.Random(5)
before = usual(500)
after = []
for r in before:
    chance = rng.random()
    if chance < 0.05:
        continue  # not read any more
    if chance < 0.10 and r["what"] == "kept":
        after.append({**r, "text": r["text"] + " and more"})
    elif chance < 0.15 and r["what"] == "kept":
        after.append(removed(r["ordinal"], 0, "share_max", 0.5, 0.25, file=r["file"], language=r["language"]))
    elif chance < 0.20 and r["what"] == "removed":
        after.append(row(r["ordinal"], file=r["file"]))
    else:
        after.append(r)
after += [row(i, language="fr") for i in range(1000, 1017)]
a, b = make(os.path.join(scratch, "a"), before), make(os.path.join(scratch, "b"), after, format="jsonl.zst")
kept = [{r["id"]: r for r in rows if r["what"] == "kept"} for rows in (before, after)]
gone = [{r["id"]: r for r in rows if r["what"] != "kept"} for rows in (before, after)]
found = json.loads(ciyuan("diff", a, b, "--format", "json", "--sample", 100000)[0])


def fates(ids, other):
    counts = collections.Counter()
    for i in ids:
        r = other.get(i)
        counts[(r["what"], "" if r["step"] is None else STEPS[r["step"]], r["rule"]) if r else ("not read", "", "")] += 1
    return counts


@case("documents that came, went, changed and stayed are told by id and text, across Parquet and JSON Lines")
def _():
    both = kept[0].keys() & kept[1].keys()
    changed = {i for i in both if kept[0][i]["text"] != kept[1][i]["text"]}
    expected = {"came": kept[1].keys() - kept[0].keys(), "went": kept[0].keys() - kept[1].keys(), "changed": changed}
    assert all(expected.values()), "the test has none of a kind"
    for kind, ids in expected.items():
        assert set(found["samples"][kind]) == ids, kind
        assert found["documents"][kind] == len(ids), kind
    assert found["documents"]["same"] == len(both - changed)


@case("each document that went or came is counted under what the other dataset says of it")
def _():
    for key, here, there in (("went", 0, 1), ("came", 1, 0)):
        got = {(f["what"], f["step"], f["rule"]): f["count"] for f in found[key]}
        assert got == fates(kept[here].keys() - kept[there].keys(), gone[there]), (key, got)


@case("tokens, parties, licences, languages and rules that differ are listed with both counts, the others are not")
def _():
    def pairs(of):
        counts = [of(rows) for rows in (before, after)]
        return {k: (counts[0][k], counts[1][k]) for k in counts[0].keys() | counts[1].keys() if counts[0][k] != counts[1][k]}
    keep = lambda rows: [r for r in rows if r["what"] == "kept"]
    expected = {
        "languages": pairs(lambda rows: collections.Counter(r["language"] for r in keep(rows))),
        "parties": pairs(lambda rows: collections.Counter("not stated" if r["file"] else "example-press" for r in keep(rows))),
        "licenses": pairs(lambda rows: collections.Counter("not stated" if r["file"] else "CC-BY-4.0" for r in keep(rows))),
        "tokens": pairs(lambda rows: collections.Counter({"o200k_base": 11 * len(keep(rows)), "qwen": 9 * len(keep(rows))})),
        "rules": pairs(lambda rows: collections.Counter(
            ("reading" if r["step"] is None else STEPS[r["step"]]) + ": " + r["rule"] for r in rows if r["what"] != "kept")),
    }
    for key, pairs_of_key in expected.items():
        assert {p["name"]: (p["a"], p["b"]) for p in found[key]} == pairs_of_key, (key, found[key], pairs_of_key)


@case("the means of signals, over the documents kept, are those of the rows, and listed where they moved")
def _():
    names = ["quality.words", "quality.share", "again.score"]
    got = {p["name"]: (p["a"], p["b"]) for p in found["signals"]}
    for i, name in enumerate(names):
        means = [sum(r["signals"][i] for r in k.values()) / len(k) for k in kept]
        assert abs(got[name][0] - means[0]) < 1e-9 and abs(got[name][1] - means[1]) < 1e-9, (name, got[name], means)


@case("a dataset compared with itself is the same build: nothing came, went or changed, no figure differs")
def _():
    same = json.loads(ciyuan("diff", a, a, "--format", "json")[0])
    assert same["same_build"] and same["documents"] == {"came": 0, "went": 0, "changed": 0, "same": len(kept[0])}
    assert not any(same[key] for key in ("went", "came", "totals", "tokens", "parties", "licenses", "languages", "rules", "signals")), same
    assert "A and B are the same build" in ciyuan("diff", a, a)[0]


@case("the text form tells the same counts")
def _():
    text = ciyuan("diff", a, b)[0]
    for kind in ("came", "went", "changed", "same"):
        line = next(l for l in text.splitlines() if l.startswith(kind + " "))
        assert int(line.split()[1].replace(",", "")) == found["documents"][kind], line


finish()
