"""A build is the same for any number of threads, after any crash, and with any size of part; it never touches what it should not."""
import gzip, hashlib, json, os, random, re, shutil, signal, subprocess, time

from _case import CIYUAN, case, ciyuan, finish, scratch, write

seed = int(os.environ.get("CIYUAN_SEED", time.time_ns() % 1_000_000))
rng = random.Random(seed)
WORDS = "the of and a to in is that it was for on are as with they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know".split()


def sentence(length):
    return " ".join(rng.choice(WORDS) for _ in range(length)).capitalize() + "."


def document(paragraphs):
    return "\n".join(" ".join(sentence(rng.randint(6, 18)) for _ in range(4)) for _ in range(paragraphs))


def make_input(folder, count):
    """Documents of which some are empty, repeated, nearly repeated, broken, or bear an id that another has."""
    texts, lines = [], []
    for i in range(count):
        kind = rng.random()
        if kind < 0.1 and texts:
            text = rng.choice(texts)
        elif kind < 0.2 and texts:
            text = rng.choice(texts) + " " + sentence(5)
        elif kind < 0.23:
            text = ""
        else:
            text = document(rng.randint(2, 8))
        texts.append(text)
        lines.append("{broken" if kind > 0.98 else json.dumps({"id": f"d{i if kind < 0.9 else i // 50}", "text": text, "n": i}))
    half = len(lines) // 2
    write(f"{folder}/a.jsonl", "\n".join(lines[:half]) + "\n")
    write(f"{folder}/b.jsonl.gz", gzip.compress(("\n".join(lines[half:]) + "\n").encode(), mtime=0))
    return len(lines)


RECIPE = """name: case
sources:
  - {path: in/a.jsonl, license: CC-BY-4.0, party: a}
  - {path: in/b.jsonl.gz, license: CC0-1.0, party: b}
steps:
  - normalize
  - gopher_repetition
  - gopher_quality: {words_min: 20}
  - dedup_exact
  - dedup_minhash: {bands: 14, rows: 8, ngram: 5}
  - where: "length(text) > 300"
output: {path: out, format: parquet, shard_size: 1MiB, split: {validation: 0.1}}
"""
count = make_input("in", 6000)
recipe = write("recipe.yaml", RECIPE)


def tree(folder):
    """Every file's name and sha256."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            found[os.path.relpath(full, folder)] = hashlib.sha256(open(full, "rb").read()).hexdigest()
    return found


def out(name):
    return os.path.join(scratch, name)


ciyuan("build", recipe, "--output", out("one"), "--threads", 1, "--quiet")
expected = tree(out("one"))


@case("the counts add up: read = kept + removed + unreadable + skipped")
def counts():
    total = json.load(open(out("one/build.json")))["total"]
    assert total["read"] == count, total
    assert total["read"] == total["kept"] + total["removed"] + total["unreadable"] + total["skipped"], total
    assert total["removed"] > 0 and total["unreadable"] > 0 and total["kept"] > 0, total


for threads in (2, 8):
    @case(f"{threads} threads give the same bytes as one")
    def same():
        ciyuan("build", recipe, "--output", out(f"t{threads}"), "--threads", threads, "--quiet")
        assert tree(out(f"t{threads}")) == expected


@case("the size of a part changes no byte of the dataset")
def parts():
    ciyuan("build", recipe, "--output", out("parts"), "--part", "200KB", "--quiet")
    assert tree(out("parts")) == expected


@case("little memory changes no byte of the dataset")
def memory():
    ciyuan("build", recipe, "--output", out("memory"), "--memory", "64MiB", "--quiet")
    assert tree(out("memory")) == expected


@case(f"killed at 50 random moments and resumed, the dataset is the same (seed {seed})")
def kills():
    start = time.monotonic()
    ciyuan("build", recipe, "--output", out("timing"), "--part", "200KB", "--quiet")
    whole = time.monotonic() - start
    killed = 0
    target = out("killed")
    while killed < 50:
        process = subprocess.Popen([CIYUAN, "build", recipe, "--output", target, "--part", "200KB", "--quiet", "--threads", str(rng.choice((1, 2, 8)))],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        time.sleep(rng.random() * whole)
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            killed += 1
        else:
            assert process.returncode in (0, 1), (process.returncode, process.stderr.read())
        if os.path.exists(target):  # there whole, or not at all
            assert tree(target) == expected, "the dataset in place differs"
            shutil.rmtree(target)
            shutil.rmtree(target + ".work", ignore_errors=True)
    if not os.path.exists(target):
        ciyuan("build", recipe, "--output", target, "--part", "200KB", "--quiet")
    assert tree(target) == expected
    assert not os.path.exists(target + ".work"), "the work folder stayed"


@case("Ctrl-C stops with status 130, says how to go on, and the next run goes on from there")
def interrupt():
    target = out("interrupted")
    for attempt in range(20):
        process = subprocess.Popen([CIYUAN, "build", recipe, "--output", target, "--threads", "1"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        time.sleep(0.03 + 0.02 * attempt)
        process.send_signal(signal.SIGINT)
        error = process.communicate()[1]
        if process.returncode == 130:
            break
        shutil.rmtree(target, ignore_errors=True)
    assert process.returncode == 130, process.returncode
    assert "run the same command again" in error, error
    ciyuan("build", recipe, "--output", target, "--quiet")
    assert tree(target) == expected


@case("a dataset that is there is not touched without --replace, and replaced whole with it")
def replace():
    target = out("t2")
    before = tree(target)
    _, error = ciyuan("build", recipe, "--output", target, "--quiet", status=1)
    assert "is there already" in error and "--replace" in error, error
    assert tree(target) == before
    ciyuan("build", recipe, "--output", target, "--quiet", "--replace", "--limit", 100)
    assert json.load(open(os.path.join(target, "build.json")))["total"]["read"] == 100
    ciyuan("build", recipe, "--output", target, "--quiet", "--replace")
    assert tree(target) == expected


@case("a folder that is no dataset is never replaced")
def foreign():
    write("mine/letter.txt", "dear")
    _, error = ciyuan("build", recipe, "--output", out("mine"), "--replace", "--quiet", status=1)
    assert "is no dataset" in error, error
    assert open(out("mine/letter.txt")).read() == "dear"


@case("a work folder of another recipe is not used: the error says what changed and how to go on")
def other_recipe():
    target = out("changed")
    process = subprocess.Popen([CIYUAN, "build", recipe, "--output", target, "--quiet"], stderr=subprocess.DEVNULL)
    while not os.path.exists(target + ".work/run.json") and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()
    if os.path.exists(target):
        return "the build was faster than the kill"
    changed = write("changed.yaml", RECIPE.replace("words_min: 20", "words_min: 30"))
    _, error = ciyuan("build", changed, "--output", target, "--quiet", status=1)
    assert "recipe" in error and "--restart" in error, error
    ciyuan("build", changed, "--output", target, "--quiet", "--restart")


@case("a resumed build whose earlier dataset changed meanwhile stops, and says so")
def other_earlier():
    old = write("old.yaml", "name: old\nsources: [in/a.jsonl]\noutput: old\n")
    ciyuan("build", old, "--quiet", "--limit", 10)
    path = write("against.yaml", "name: against\nsources: [in/a.jsonl]\nsteps: [dedup_minhash: {against: [old]}]\noutput: against-out\n")
    process = subprocess.Popen([CIYUAN, "build", path, "--quiet"], stderr=subprocess.DEVNULL)
    while not os.path.exists(out("against-out.work/run.json")) and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()
    if os.path.exists(out("against-out")):
        return "the build was faster than the kill"
    ciyuan("build", old, "--quiet", "--limit", 20, "--replace")
    _, error = ciyuan("build", path, "--quiet", status=1)
    assert "models or earlier datasets" in error and "--restart" in error, error
    ciyuan("build", path, "--quiet", "--restart")


@case("an id that stands twice gets #2, and ids name one document each")
def repeats():
    write("twice/a.jsonl", "".join(json.dumps({"id": "x", "text": f"text {i}"}) + "\n" for i in range(3)))
    path = write("twice.yaml", "name: twice\nsources: [twice/a.jsonl]\noutput: {path: twice-out, format: jsonl}\n")
    ciyuan("build", path, "--quiet")
    lines = [json.loads(line) for line in open(out("twice-out/data/train-00000.jsonl"))]
    assert [line["id"] for line in lines] == ["x", "x#2", "x#3"], lines
    assert [line["text"] for line in lines] == ["text 0", "text 1", "text 2"]


@case("--replace keeps what people wrote into the folder: around the card's text, in its head, and files of their own")
def keeps_edits():
    write("edits/a.jsonl", "".join(json.dumps({"text": f"text {i}"}) + "\n" for i in range(30)))
    path = write("edits.yaml", "name: edits\nsources: [edits/a.jsonl]\noutput: {path: edits-out}\n")
    ciyuan("build", path, "--quiet")
    card = out("edits-out/README.md")
    plain = open(card).read()
    assert "\n| read | 30 | 100" in plain and plain.count("<!-- ") == 2 and plain.endswith(" -->\n"), plain
    ciyuan("build", path, "--quiet", "--replace")
    assert open(card).read() == plain  # nobody wrote anything: nothing changes
    head, text = plain.split("---\n", 2)[1:]
    edited = f"---\ntask_categories:\n- text-generation\n{head}homepage: https://example.org # ours\n---\n\nA word before.\n{text}\nA word behind: — ü\n"
    write("edits-out/README.md", edited)
    write("edits-out/LICENSE", "ours")
    write("edits-out/images/deep/a.png", b"\x89PNG")
    write("edits-out/data/stray.txt", "stray")
    os.symlink("LICENSE", out("edits-out/COPYING"))
    shown, _ = ciyuan("build", path, "--replace", "--limit", 20)
    assert "by hand" not in shown
    renewed = open(card).read()
    head, text = renewed.split("---\n", 2)[1:]
    assert "task_categories:\n- text-generation\nhomepage: https://example.org # ours\n" in head and head.count("pretty_name") == 1, head
    assert text.startswith("\nA word before.\n\n<!-- ") and text.endswith(" -->\n\nA word behind: — ü\n"), text
    assert "\n| read | 20 | 100" in text, text
    assert open(out("edits-out/LICENSE")).read() == open(out("edits-out/COPYING")).read() == "ours" and os.path.islink(out("edits-out/COPYING"))
    assert open(out("edits-out/images/deep/a.png"), "rb").read() == b"\x89PNG"
    assert not os.path.exists(out("edits-out/data/stray.txt"))
    ciyuan("verify", out("edits-out"))
    within = renewed.replace("## How it was built", "## How we built it")
    write("edits-out/README.md", within)
    shown, _ = ciyuan("build", path, "--replace")
    assert "the text of README.md was changed by hand and is kept" in shown, shown
    assert open(card).read() == within
    for own in ("just words\n", "", "---\nno end\n", "---\n---\n---\n"):
        write("edits-out/README.md", own)
        ciyuan("build", path, "--quiet", "--replace")
        text = own.replace("---\n---\n", "", 1)
        assert open(card).read().startswith("---\npretty_name") and open(card).read().split("---\n", 2)[2] == text, open(card).read()
    os.remove(card)
    ciyuan("build", path, "--quiet", "--replace")
    assert open(card).read() == plain


@case("a build that is refused before any work leaves no log, and adds nothing to the one that is there")
def refused_log():
    write("refused/a.jsonl", '{"text": "one"}\n')
    write("refused-out/MANIFEST", "ours")
    path = write("refused.yaml", "name: refused\nsources: [refused/a.jsonl]\noutput: {path: refused-out}\n")
    _, error = ciyuan("build", path, status=1)
    assert "is there already" in error and not os.path.exists(out("refused-out.log")) and not os.path.exists(out("refused-out.work")), error
    write("refused-out.log", "of the build before\n")
    ciyuan("build", path, status=1)
    assert open(out("refused-out.log")).read() == "of the build before\n"


@case("a repeated id gets no name that another record has of its own, for any number of threads")
def repeats_of_own_names():
    given = ["x", "x", "x#2", "x", "x#4", "x#02", "x#2", "y#3", "y", "y", "y", "#2", "", "", "x"]
    made = ["x", "x#3", "x#2", "x#5", "x#4", "x#02", "x#2#2", "y#3", "y", "y#2", "y#4", "#2", "own/a.jsonl#12", "own/a.jsonl#13", "x#6"]
    many = [rng.choice(["z", "z#2", "z#3", f"z#{rng.randrange(5000)}", f"own{rng.randrange(300)}"]) for _ in range(20000)]
    write("own/a.jsonl", "".join(json.dumps({"id": id, "text": f"text {i}"}) + "\n" for i, id in enumerate(given + many)))
    path = write("own.yaml", "name: own\nsources: [own/a.jsonl]\nsteps: [{where: \"text <> 'text 3'\"}]\noutput: {path: own-out, format: jsonl}\n")
    got = {}
    for threads in (1, 2, 8):
        ciyuan("build", path, "--quiet", "--replace", "--threads", threads, "--part", "64KiB", "--memory", "64MiB")
        lines = [json.loads(line) for line in open(out("own-out/data/train-00000.jsonl"))]
        got[threads] = [line["id"] for line in lines]
    assert got[1] == got[2] == got[8]
    assert got[1][:14] == made[:3] + made[4:], got[1][:14]  # the fourth is removed, and has its name in the ledger
    assert len(set(got[1])) == len(got[1]) == len(given) + len(many) - 1
    for id, name in zip(many, got[1][14:]):
        assert name == id or name.startswith(id + "#"), (id, name)
    gone, _ = ciyuan("verdicts", out("own-out"), "--id", "x#5")
    assert "where" in gone, gone


BAD = [
    ("steps:\n  - gopher_qualty\n", 'there is no operator "gopher_qualty"', 'did you mean "gopher_quality"?', ":2:5:"),
    ("steps:\n  - gopher_quality: {word_min: 3}\n", "gopher_quality has no parameter", 'did you mean "words_min"?', ":2:22:"),
    ("steps:\n  - gopher_quality: {words_min: many}\n", "words_min must be a whole number", "", ":2:33:"),
    ("step: []\n", 'unknown field "step"', 'did you mean "steps"?', ":1:1:"),
    ("steps: [language\n", "flow sequence", "", ""),
    ("name: [a]\n", "name must be one value", "", ":1:7:"),
    ("steps: [normalize, normalize]\n", "normalize stands twice", "as: normalize_2", ":1:20:"),
    ("steps: [normalize\n", "flow sequence", "this is not YAML", ""),
    ("steps: normalize\n", "steps must be a list", "a list has brackets", ":1:8:"),
    ("steps: [minhash]\n", 'there is no operator "minhash"', 'did you mean "dedup_minhash"?', ":1:9:"),
    ("steps: [gopher_quality: 3]\n", "gopher_quality takes {name: value, …}", "`ciyuan operators gopher_quality`", ":1:25:"),
    ("steps:\n- language:\n  keep: [en]\n", '"keep" stands beside the step "language"', "language: {…}, or deeper", ":3:3:"),
]
for number, (steps, message, hint, place) in enumerate(BAD):
    @case(f"a bad recipe is refused before any work: {message}")
    def refused():
        path = write(f"bad-{number}.yaml", steps + "sources: [in/a.jsonl]\noutput: {path: bad-out}\n")
        _, error = ciyuan("build", path, status=2)
        assert message in error and hint in error and place in error, error
        assert not os.path.exists(out("bad-out")) and not os.path.exists(out("bad-out.work"))


@case("what a newcomer gives in a recipe's place is refused with what to do")
def newcomers():
    for text, message, hint in [
        ("name: x\n", '"sources" is missing', "`ciyuan init FILES…` writes a recipe"),
        ("sources: in/a.jsonl\noutput: o\n", "sources must be a list", "sources: [in/a.jsonl]"),
        ("sources: [~/a.jsonl]\noutput: o\n", "matches no file", "the whole path"),
        ("sources: ['https://example.org/a.jsonl']\noutput: o\n", "sources are files, or lie on a hub", "write hub://"),
    ]:
        _, error = ciyuan("build", write("newcomer.yaml", text), status=2)
        assert message in error and "hint: " in error and hint in error, error
    _, error = ciyuan("build", write("in/a.jsonl", open(out("in/a.jsonl")).read()), status=2)
    assert "is data by its name, not a recipe" in error and "ciyuan init " in error, error
    _, error = ciyuan("build", out("nowhere.yaml"), status=1)
    assert "could not open" in error and "ciyuan init FILES…" in error, error


@case("a dataset without a document says so, even quietly")
def empty():
    write("empty/a.jsonl", '{"body": "x"}\n')
    path = write("empty.yaml", "name: empty\nsources: [{path: empty/a.jsonl, text: txt}]\noutput: {path: empty-out}\n")
    _, error = ciyuan("build", path, "--quiet")
    assert "no document was kept" in error and "ciyuan verdicts" in error, error


@case("a split that is a list is refused with its place")
def split_list():
    path = write("split.yaml", "sources: [in/a.jsonl]\noutput: {path: bad-out, split: {validation: [0.1]}}\n")
    _, error = ciyuan("build", path, status=2)
    assert "validation must be one value" in error and ":2:" in error, error


@case("twenty barriers in a row are as good as one")
def many_barriers():
    write("many/a.jsonl", "".join(json.dumps({"text": f"text {i % 7}"}) + "\n" for i in range(50)))
    steps = "".join(f"  - dedup_exact: {{as: step_{i}}}\n" for i in range(20))
    path = write("many.yaml", f"name: many\nsources: [many/a.jsonl]\nsteps:\n{steps}output: {{path: many-out, format: jsonl}}\n")
    ciyuan("build", path, "--quiet")
    lines = [json.loads(line) for line in open(out("many-out/data/train-00000.jsonl"))]
    assert [line["text"] for line in lines] == [f"text {i}" for i in range(7)], lines


@case("memory stays bounded where nearly everything is removed")
def all_removed():
    text = document(40)
    with open(write("removed/a.jsonl", ""), "w") as file:
        for i in range(100_000_000 // len(text)):
            file.write(json.dumps({"text": text}) + "\n")
    path = write("removed.yaml", "name: removed\nsources: [removed/a.jsonl]\nsteps: [where: \"length(text) < 10\"]\noutput: removed-out\n")
    ciyuan("build", path, "--quiet", "--threads", 1, "--memory", "64MiB")
    log = open(out("removed-out.log")).read()
    peak = float(re.search(r"([0-9.]+) MB of memory at most", log).group(1))
    assert peak < 100, log
    os.remove(out("removed/a.jsonl"))


@case("an output within a source's folder is no input: a build is resumed there, and is not its own source")
def within():
    write("within/a.jsonl", "".join(json.dumps({"text": f"text {i} " + "and more " * 100}) + "\n" for i in range(20000)))
    path = write("within.yaml", "name: within\nsources: [within]\noutput: within/out\n")
    process = subprocess.Popen([CIYUAN, "build", path, "--part", "100KB", "--threads", "1", "--quiet"], stderr=subprocess.DEVNULL)
    while not os.path.exists(out("within/out.work/phase-0/000000.done")) and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()
    if not os.path.exists(out("within/out")):
        ciyuan("build", path, "--quiet")
    assert json.load(open(out("within/out/build.json")))["total"]["read"] == 20000
    _, error = ciyuan("build", path, "--replace", "--quiet", status=2)
    assert "lies in the output" in error and ":2:" in error, error


@case("a summary of many kinds of damage stays short")
def many_reasons():
    write("reasons/a.csv", "id,text\n" + "".join("x" + ",x" * (i + 2) + "\n" for i in range(300)))
    path = write("reasons.yaml", "name: reasons\nsources: [reasons]\noutput: reasons-out\n")
    ciyuan("build", path, "--quiet")
    text, _ = ciyuan("summary", out("reasons-out"))
    assert "… and 280 more" in text and len(text.splitlines()) < 50, text


@case("damage of one kind is one rule, however many records have it; the byte is the verdict's measured value")
def one_reason():
    write("broken/a.jsonl", "".join('{"text": "' + "x" * i + "\n" for i in range(300)))
    path = write("broken.yaml", "name: broken\nsources: [broken]\noutput: broken-out\n")
    ciyuan("build", path, "--quiet")
    report = json.load(open(out("broken-out/build.json")))
    assert [(rule["name"].split(":")[0], rule["count"]) for rule in report["reading"]] == [("json", 300)], report["reading"]
    rows, _ = ciyuan("sql", out("broken-out"), "select count(distinct measured) from verdicts", "--format", "csv")
    assert rows.splitlines()[1] == "300", rows


@case("a source that matches nothing is an error with the pattern and its place")
def missing():
    path = write("missing.yaml", "sources:\n  - path: in/*.warc.gz\noutput: {path: bad-out}\n")
    _, error = ciyuan("build", path, status=2)
    assert "in/*.warc.gz" in error and ":2:" in error, error


@case("an output that cannot be written is an error, and nothing is left behind")
def unwritable():
    write("file", "no folder")
    _, error = ciyuan("build", recipe, "--output", out("file/out"), "--quiet", status=1)
    assert "file" in error, error


@case("a full disk is an error that says so; with room the same command goes on")
def full_disk():
    if os.geteuid() != 0:
        return "needs root to mount a small disk"
    disk = out("disk")
    os.makedirs(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode != 0:
        return "mounting is not allowed here"
    try:
        _, error = ciyuan("build", recipe, "--output", disk + "/out", "--quiet", status=1)
        assert "No space left" in error and "disk is full" in error, error
        assert not os.path.exists(disk + "/out")
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        ciyuan("build", recipe, "--output", disk + "/out", "--quiet")
        assert tree(disk + "/out") == expected
    finally:
        subprocess.run(["umount", disk], check=True)


finish()
