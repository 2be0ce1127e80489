"""What a dataset says of itself: every figure against brute force over its rows, and hostile text in every field."""
import collections, html.parser, json, math, os, re

import yaml

from _case import case, ciyuan, finish, scratch, write
from _made import STEPS, make, removed, row, unread, usual

rows = usual(800)
folder = make(os.path.join(scratch, "usual"), rows)


def read(name, at=folder):
    with open(os.path.join(at, name), encoding="utf-8") as file:
        return file.read()


def split_card(text):
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.S).groups()
    return yaml.safe_load(head), body


class Page(html.parser.HTMLParser):
    """The page's tags, attributes and text; what a browser would load or run is a finding."""
    TAGS = set("html head meta title style body svg defs pattern rect path text header p span h1 h2 h3 h4 dl div dt dd small i nav a main table thead tbody tr th "
               "td section figure figcaption b br details summary article code bdi footer".split())
    ATTRIBUTES = set("lang charset name content http-equiv width height style aria-hidden id patternunits patterntransform d class x y href data-l viewbox role "
                     "aria-label text-anchor dir open".split())
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.findings, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.findings.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attributes, alone=False):
        if tag not in self.TAGS:
            self.findings.append(f"<{tag}>")
        for name, value in attributes:
            if name not in self.ATTRIBUTES or name.startswith("on"):
                self.findings.append(f"{tag} {name}={value}")
            if name == "href" and not re.fullmatch(r"#[a-z]+", value):
                self.findings.append(f"link to {value}")
            if name == "style" and value != "position:absolute":
                self.findings.append(f"style {value}")
            if name in ("lang", "aria-label"):
                self.texts.append(value)
        if not alone and tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes, alone=True)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.findings.append(f"</{tag}> closes another")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            if "url(" in data.replace("url(#hatch)", "") or "@import" in data:
                self.findings.append("the style loads something")
        else:
            self.texts.append(data)

    def handle_comment(self, data):
        self.findings.append(f"<!--{data}-->")


# ---- figures ----

build = json.loads(read("build.json"))


@case("build.json: read = kept + removed + unreadable + skipped, and each is the count of the rows")
def _():
    total, what = build["total"], collections.Counter(r["what"] for r in rows)
    assert {k: total[k] for k in ("kept", "removed", "unreadable", "skipped")} == what and total["read"] == len(rows)
    kept = [r for r in rows if r["what"] == "kept"]
    assert total["read_bytes"] == sum(r["bytes"] for r in rows) and total["kept_bytes"] == sum(r["bytes"] for r in kept)
    assert total["text_bytes"] == sum(len(r["text"].encode()) for r in kept) and total["tokens"] == {"o200k_base": 11 * len(kept), "qwen": 9 * len(kept)}
    assert build["splits"]["train"] + build["splits"]["validation"] == len(kept) and build["splits"]["validation"] > 0


@case("build.json: the funnel's documents and bytes, step by step, and its rules with those that never fired")
def _():
    alive = [r for r in rows if not (r["what"] != "kept" and r["step"] is None)]
    for index, step in enumerate(build["steps"]):
        gone = [r for r in alive if r["what"] != "kept" and r["step"] == index]
        assert (step["name"], step["in"], step["out"], step["removed"]) == (STEPS[index], len(alive), len(alive) - len(gone), len(gone))
        assert step["in_bytes"] == sum(r["bytes"] for r in alive) and step["out_bytes"] == step["in_bytes"] - sum(r["bytes"] for r in gone)
        counts = collections.Counter(r["rule"] for r in gone)
        assert {r["name"]: r["count"] for r in step["rules"] if r["count"]} == counts
        alive = [r for r in alive if r not in gone]
    none = json.loads(read("build.json", make(os.path.join(scratch, "kept"), [row(0)])))
    assert [(r["name"], r["keep"], r["count"]) for r in none["steps"][0]["rules"]] == [("share_max", "≤ 0.25", 0)]


@case("build.json: shares by party, licence, language and source are those of the rows")
def _():
    fields = {"languages": lambda r: r["language"], "parties": lambda r: ["example-press", ""][r["file"]], "licenses": lambda r: ["CC-BY-4.0", ""][r["file"]],
              "sources": lambda r: ["crawl/*.warc.gz", "notes/*.jsonl"][r["file"]]}
    for key, of in fields.items():
        counts = collections.Counter((of(r), r["what"]) for r in rows)
        for line in build[key]:
            for what in ("kept", "removed", "unreadable", "skipped"):
                assert line[what] == counts.pop((line["name"], what), 0), (key, line)
            assert line["read"] == sum(line[what] for what in ("kept", "removed", "unreadable", "skipped"))
        assert not counts, (key, counts)


@case("build.json: means are exact, quantiles to the width of a bin, histograms hold every document, kept and gone")
def _():
    for index, (step, name) in enumerate([("quality", "words"), ("quality", "share"), ("again", "score")]):
        signal = next(s for st in build["steps"] if st["name"] == step for s in st["signals"] if s["name"] == name)
        for part, chosen in (("kept", [r for r in rows if r["what"] == "kept"]), ("gone", [r for r in rows if r["what"] != "kept"])):
            values = sorted(r["signals"][index] for r in chosen if r["signals"][index] is not None)
            said = signal[part]
            assert said["measured"] == len(values) and said["missing"] == len(chosen) - len(values), (step, name, part)
            assert (said["min"], said["max"]) == (values[0], values[-1]) and math.isclose(said["mean"], sum(values) / len(values), abs_tol=1e-9)
            for q in (5, 25, 50, 75, 95):
                near = values[max(0, math.ceil(q / 100 * len(values)) - 2):math.ceil(q / 100 * len(values)) + 2]
                assert any(math.isclose(said[f"p{q:02}"], v, rel_tol=1 / 32, abs_tol=1e-4) for v in near), (name, part, q, said, near)
            histogram = signal["histogram"]
            assert sum(histogram[part]) == len(values) and len(histogram["edges"]) == len(histogram[part]) + 1
            edges = histogram["edges"]
            assert edges == sorted(edges)
            if name == "words":  # whole numbers have bars of their own
                for i, count in enumerate(histogram[part]):
                    exact = sum(edges[i] <= v < edges[i + 1] for v in values)
                    assert abs(count - exact) <= 3, (edges[i], count, exact)
    assert next(s for s in build["steps"][0]["signals"] if s["name"] == "share")["thresholds"] == [{"rule": "share_max", "keep": "≤", "low": 0.25, "high": 0.25}]


@case("build.json names the files as MANIFEST does")
def _():
    listed = {line.split("  ")[2]: line.split("  ")[:2] for line in read("MANIFEST").splitlines()[1:]}
    for file in build["files"]:
        assert listed[file["name"]] == [file["sha256"], str(file["bytes"])], file
    assert {f["name"] for f in build["files"]} == {n for n in listed if n.startswith(("data/", "verdicts/"))}
    assert sum(f["rows"] for f in build["files"]) == len(rows)


@case("samples.json: at most five a rule, each a row of the verdicts with its numbers, place and text")
def _():
    by_id = {r["id"]: r for r in rows}
    seen = 0
    for rule in json.loads(read("samples.json"))["rules"]:
        assert 1 <= len(rule["samples"]) <= 5 and rule["count"] >= len(rule["samples"])
        for s in rule["samples"]:
            r = by_id[s["id"]]
            assert (r["rule"], r["what"], r["measured"], r["threshold"]) == (rule["rule"], rule["what"], s["measured"], s["threshold"])
            assert (s["offset"], s["within"], s["record"]) == (r["offset"], 7, r["record"]) and s["text"] == r["text"], s
            assert s.get("duplicate_of", "") == r["duplicate_of"]
            seen += 1
    assert seen >= 20


@case("the same rows give the same report, however they were cut into chunks")
def _():
    other = make(os.path.join(scratch, "cut"), rows, rows_a_chunk=37)
    one, two = json.loads(read("build.json")), json.loads(read("build.json", other))
    one.pop("files"), two.pop("files")
    assert one == two and read("samples.json") == read("samples.json", other)
    cut = lambda text: text[:text.index("<h2 id=files>")]
    assert cut(read("build.html")) == cut(read("build.html", other))


@case("no time, absolute path, host or thread count stands in what is hashed")
def _():
    import socket
    for name in ("build.json", "build.html", "samples.json", "recipe.lock", "croissant.json", "README.md"):
        text = read(name)
        assert scratch not in text and not re.search(r"\b20\d\d-\d\d-\d\dT|\bthreads?\b", text), name
        assert len(socket.gethostname()) < 4 or socket.gethostname() not in text, name


# ---- the page ----

@case("build.html is well formed, asks for nothing from outside, and shows the figures")
def _():
    page = Page(read("build.html"))
    assert not page.findings, page.findings[:5]
    text = " ".join(page.texts)
    for figure in (f"{len(rows)} records read", f"{build['total']['kept']}", "share_max", "≤ 0.25", "97 % alike", "similarity 0.97", "example-press", "not stated",
                   "truncated", "warcinfo", "notes/数据.jsonl, byte", "保留"):
        assert figure in text, figure


EVIL = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style><style>*{display:none}", "<!--", "]]>", "&lt;&amp;&#0;",
        "javascript:alert(1)", "</svg></table></article><h1>mine", "\x00\x01\x1b[31m\x7f", "\u202eevil\u2066", "\ud7ff\ufffe\U0010fffd", "a" * 70000, "{{7*7}}${7*7}`",
        "---\n- x: !!python/object:os.system", "|a|b|\n# head\n[x](javascript:alert(1))<b>", "%s%n%p"]


def hostile():
    made = [row(0)]
    for i, evil in enumerate(EVIL):
        n = 10 * i + 1
        made += [row(n, id=f"{i}k{evil}", text=evil, url=evil, language=evil, metadata=""),
                 removed(n + 1, 0, f"{evil}"[:200], 0.5, 0.25, id=f"{i}r{evil}", text=evil, url=evil, language=evil),
                 removed(n + 2, 1, "near", id=f"{i}d{evil}", text=evil, duplicate_of=f"{i}k{evil}", similarity=0.5),
                 unread(n + 3, "unreadable", f"{evil}"[:200], id=f"{i}u{evil}", url=evil), unread(n + 4, "skipped", f"{evil}"[:200], id=f"{i}s{evil}")]
    return made


evil_folder = make(os.path.join(scratch, "hostile"), hostile(), removed_text="full")


@case("hostile ids, urls, languages, rules and texts are text in build.html, whole and escaped")
def _():
    raw = read("build.html", evil_folder)
    page = Page(raw)
    assert not page.findings, page.findings[:5]
    text = " ".join(page.texts)
    for evil in ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><style>*{display:none}", "&lt;&amp;&#0;", "{{7*7}}"):
        assert evil in text, evil
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", raw) and "␀␁␛[31m␡" in text
    assert len(raw) < 1_500_000, f"a text of 70,000 bytes blew the page up to {len(raw)}"


@case("hostile text is text in build.json, samples.json, croissant.json, and in the card's head")
def _():
    for name in ("build.json", "samples.json", "croissant.json"):
        json.loads(read(name, evil_folder))
    head, body = split_card(read("README.md", evil_folder))
    assert head["pretty_name"] == "test" and head["license"] == "other" and head["license_name"] == "CC-BY-4.0, not stated" or head["license"] == "cc-by-4.0", head
    assert head.get("language", []) == ["en"], head
    assert "<script" not in body and "<img" not in body and "](javascript" not in body.replace("\\]\\(javascript", ""), body
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", body)


@case("a rule that the parameters rule out is neither listed nor drawn; an id that names its file is not followed by the file again")
def _():
    write("off/a.jsonl", "".join(json.dumps({"text": f"Well, this is text number {i}, and it is plain English prose. " * 3}) + "\n" for i in (1, 2, 1)))
    for keep, listed in (("[]", False), ("[en]", True)):
        path = write("off.yaml", f"name: off\nsources: [off/a.jsonl]\nsteps: [{{language: {{keep: {keep}, score_min: 0.99}}}}, dedup_exact]\noutput: {{path: off-out}}\n")
        ciyuan("build", path, "--quiet", "--replace")
        made = os.path.join(scratch, "off-out")
        step = json.load(open(f"{made}/build.json"))["steps"][0]
        assert bool(step["rules"]) == listed and bool(step["signals"][0]["thresholds"]) == listed, step
        page = open(f"{made}/build.html").read()
        assert (">score_min<" in page.replace("code", "")) or not listed
        if not listed:
            assert re.search(r"off/a\.jsonl#2</code> · byte \d+, record 2", page), page[page.index("off/a.jsonl#2"):][:200]


# ---- the card ----

@case("the card's head names languages, licence, size, and the files of each split and of the verdicts")
def _():
    head, body = split_card(read("README.md"))
    assert head["size_categories"] == ["n<1K"] and set(head["language"]) == {"en", "zh", "de"} and head["license"] == "other", head
    configs = {c["config_name"]: c["data_files"] for c in head["configs"]}
    assert configs == {"default": [{"split": "train", "path": "data/train-*.parquet"}, {"split": "validation", "path": "data/validation-*.parquet"}],
                       "verdicts": [{"split": "verdicts", "path": "verdicts/*.parquet"}]}, configs
    for part in ("How it was built", "What was removed, and why", "Languages", "Parties", "Licences", "Columns", "How to load it", "Limits"):
        assert f"\n## {part}\n" in body, part
    assert "not stated" in body


@case("a dataset of which nothing is stated says so, and invents nothing")
def _():
    at = make(os.path.join(scratch, "silent"), [row(0, file=1, language=""), row(1, file=1, language="")])
    head, body = split_card(read("README.md", at))
    assert head["license"] == "unknown" and "language" not in head, head
    assert "## Parties\n\nnot stated.\n" in body and "## Licences\n\nnot stated.\n" in body and "## Languages\n\nnot measured.\n" in body and "\nNothing.\n" in body
    croissant = json.loads(read("croissant.json", at))
    assert croissant["license"] == ["not stated"] and croissant["creator"] == [] and croissant["inLanguage"] == []


finish()
