"""Help and man pages: every command explains itself, with examples."""
import glob, json, os, re
from _case import case, ciyuan, finish

SOURCE = os.environ.get("CIYUAN_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PAGES = sorted(glob.glob(os.path.join(SOURCE, "README*.md")) + glob.glob(os.path.join(SOURCE, "docs", "*.md")))


def commands_in(text):
    """The names that a list of commands shows: two spaces, the name, its summary."""
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2].islower()]


def every_command():
    for name in commands_in(ciyuan("help")[0]):
        text = ciyuan(name, "-h")[0]
        if f"usage: ciyuan {name} <command>" in text:
            for part in commands_in(text):
                yield name, part
        else:
            yield name,


COMMANDS = list(every_command())


@case("every command has a usage line, a sentence, options and at least one example of itself")
def _():
    assert len(COMMANDS) > 30, COMMANDS
    for command in COMMANDS:
        words = " ".join(command)
        text = ciyuan(*command, "-h")[0]
        assert text.startswith(f"usage: ciyuan {words} ") and "[<options>]" in text.splitlines()[0], text.splitlines()[0]
        assert "  -h, --help" in text and "\nexamples:\n" in text, f"{words}: no examples"
        assert f"ciyuan {words}" in text.split("\nexamples:\n")[1], f"{words}: its examples do not show it"


@case("every command has a man page with the same options")
def _():
    for command in COMMANDS:
        text = ciyuan(*command, "-h")[0]
        page = ciyuan(*command, "-h", env=os.environ | {"CIYUAN_HELP": "man"})[0]
        assert page.startswith(f".TH CIYUAN-{'-'.join(command)} 1"), page.splitlines()[0]
        assert re.search(r"^ciyuan\\-%s \\- [a-z].{10}" % re.escape("-".join(command)), page, re.M), f"{command}: whatis has no line for it"
        for line in text.split("\nexamples:\n")[0].splitlines():
            if line.startswith("  --"):
                assert f".B \\-\\-{line.split()[0][2:]}" in page, (command, line)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@case("an option that README or docs show with a command is one that the command has")
def _():
    options = {command: set(re.findall(r"^  --([a-z-]+)", ciyuan(*command, "-h")[0], re.M)) for command in COMMANDS}
    shown = 0
    for page in PAGES:
        for line in re.sub(r"\\\n *", "", read(page)).splitlines():
            for words, rest in re.findall(r"\bciyuan ([a-z]+(?: [a-z]+)?)\b([^`#|&]*)", line):
                command = next((c for c in (tuple(words.split()), tuple(words.split()[:1])) if c in options), None)
                for option in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", rest) if command else ():
                    shown += 1
                    assert option in options[command], f"{os.path.basename(page)}: {' '.join(command)} has no --{option}: {line.strip()}"
    assert shown > 40, shown


@case("docs/serve.md has every option of `ciyuan serve`, and no other")
def _():
    rows = re.findall(r"^\| (`--.*?) \|", read(os.path.join(SOURCE, "docs", "serve.md")), re.M)
    assert set(re.findall(r"--([a-z-]+)", " ".join(rows))) == set(re.findall(r"^  --([a-z-]+)", ciyuan("serve", "-h")[0], re.M)), rows


@case("a path of the API that README or docs show is one that the server has")
def _():
    patterns = [path.split("/") for path in json.loads(read(os.path.join(SOURCE, "docs", "openapi.json")))["paths"]]
    fits = lambda path, pattern: len(path) == len(pattern) and all(b == a or b.startswith("{") for a, b in zip(path, pattern))
    shown = 0
    for page in PAGES:
        for path in re.findall(r"/api/(?:v1|datasets|repos)/[\w./{}-]++(?!…)", read(page)):
            shown += 1
            assert any(fits(path.rstrip("/.").split("/"), pattern) for pattern in patterns), f"{os.path.basename(page)}: {path}"
    assert shown > 10, shown


@case("every page of docs stands in the tables of README and README.zh-CN, and every page that they name is there")
def _():
    pages = {name for name in os.listdir(os.path.join(SOURCE, "docs")) if name.endswith(".md")}
    for name in ("README.md", "README.zh-CN.md"):
        named = set(re.findall(r"docs/(\w+\.md)", read(os.path.join(SOURCE, name))))
        assert named == pages, f"{name}: {named ^ pages}"


@case("what is given too much or too little is told, with the command's words")
def _():
    assert "token create takes no arguments, found 1 argument" in ciyuan("token", "create", "x", status=2)[1]
    assert "user create takes NAME, found 0 arguments" in ciyuan("user", "create", status=2)[1]


@case("a data folder that is not there is not made by a command beside a server")
def _():
    _, told = ciyuan("user", "create", "alice", status=1, env=os.environ | {"CIYUAN_DATA": "/nonexistent/hub"})
    assert 'there is no server\'s folder "/nonexistent/hub"' in told and "CIYUAN_DATA" in told, told


finish()
