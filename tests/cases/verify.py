"""`ciyuan verify` finds every change of a dataset's files, and names it."""
import hashlib, os, shutil

from _case import case, ciyuan, finish, scratch
from _made import make, usual

original = make(os.path.join(scratch, "original"), usual(200))
number = 0


def copy():
    global number
    number += 1
    return shutil.copytree(original, os.path.join(scratch, f"copy-{number}"))


def edit(path, change):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    change(content)
    with open(path, "wb") as file:
        file.write(content)


def manifest():
    with open(os.path.join(original, "MANIFEST")) as file:
        return [line.split("  ")[2] for line in file.read().splitlines()[1:]]


@case("an untouched dataset is good, and its build id is the sha256 of MANIFEST")
def _():
    out, _ = ciyuan("verify", original)
    with open(os.path.join(original, "MANIFEST"), "rb") as file:
        assert out.splitlines()[-1] == "build id " + hashlib.sha256(file.read()).hexdigest(), out
    assert out.startswith(f"good: {len(manifest())} files, "), out


@case("one flipped bit in any file is found, and that file alone is named")
def _():
    for name in manifest():
        at = copy()
        edit(os.path.join(at, name), lambda content: content.__setitem__(len(content) // 2, content[len(content) // 2] ^ 1))
        out, _ = ciyuan("verify", at, status=1)
        lines = out.splitlines()
        assert lines[0].startswith(f"{name}: sha256 ") and lines[1].startswith("broken: 1 difference, of "), out
        shutil.rmtree(at)


@case("a file cut short, a missing one, a link in its place and one too many are found together")
def _():
    at = copy()
    edit(os.path.join(at, "build.json"), lambda content: content.__delitem__(-1))
    os.remove(os.path.join(at, "samples.json"))
    os.rename(os.path.join(at, "build.html"), os.path.join(at, "page"))
    os.symlink("page", os.path.join(at, "build.html"))
    with open(os.path.join(at, "data", "train-00077.parquet"), "w") as file:
        file.write("more")
    out, _ = ciyuan("verify", at, status=1)
    for line in ("samples.json: missing", "build.html: not a plain file", "data/train-00077.parquet: not in MANIFEST"):
        assert line in out.splitlines(), out
    assert "build.json: " in out and "bytes, MANIFEST says" in out and "broken: 4 differences, of " in out, out


@case("no control character of a file's name reaches the terminal")
def _():
    at = copy()
    with open(os.path.join(at, "data", "x\x1b[2J\x07.parquet"), "w") as file:
        file.write("more")
    out, _ = ciyuan("verify", at, status=1)
    assert "data/x [2J .parquet: not in MANIFEST" in out and "\x1b" not in out, out


@case("README.md and croissant.json may be edited, and other files may lie in the folder")
def _():
    at = copy()
    for name in ("README.md", "croissant.json", "LICENSE"):
        with open(os.path.join(at, name), "a") as file:
            file.write("\nmore")
    ciyuan("verify", at)


@case("a MANIFEST whose names lead out of the folder, or that is damaged, is refused")
def _():
    good = "0" * 64
    for line, words in [(f"{good}  1  ../secret", "line 2"), (f"{good}  1  /etc/passwd", "line 2"), (f"{good}  1  data/../../x", "line 2"),
                        (f"{good}  1  data/", "line 2"), (f"{good[1:]}  1  x", "line 2"), (f"{good}  1x  x", "line 2"), (f"{good}  99999999999999999999  x", "line 2"),
                        (f"{good}", "line 2")]:
        at = copy()
        with open(os.path.join(at, "MANIFEST"), "w") as file:
            file.write("schema: 1\n" + line + "\n")
        out, err = ciyuan("verify", at, status=1)
        assert out == "" and words in err, (line, err)
        shutil.rmtree(at)
    at = copy()
    with open(os.path.join(at, "MANIFEST"), "w") as file:
        file.write("schema: 2\n")
    assert "schema: 2" in ciyuan("verify", at, status=1)[1]


@case("sql and verdicts read only what MANIFEST names")
def _():
    at = copy()
    shutil.copy(os.path.join(at, "data", "train-00000.parquet"), os.path.join(at, "data", "train-00001.parquet"))
    counts = [ciyuan("sql", folder, "SELECT count(*) FROM data", "--format", "csv")[0] for folder in (original, at)]
    assert counts[0] == counts[1], counts


finish()
