#!/usr/bin/env python3
"""The public C API as another program has it: installed, found by pkg-config, compiled as C and as C++ against the header alone."""
import base64, hashlib, json, os, re, subprocess, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from _case import CIYUAN, case, finish, scratch, write

SOURCE = os.environ.get("CIYUAN_SOURCE", ".")
BUILD = os.path.dirname(os.path.abspath(CIYUAN))
ROOT = os.path.join(scratch, "root")
LIB, INCLUDE = (os.path.join(ROOT, "usr/local", folder) for folder in ("lib", "include"))

# Every byte, then these, in the order in which they merge; a piece is a run of space or of no space.
MERGED = [b"th", b"the", b"an", b"and"]
END = 256 + len(MERGED)
vocabulary = write("tiny.json", json.dumps({
    "explicit_n_vocab": END + 1, "pat_str": r"\S+|\s+", "special_tokens": {"<|endoftext|>": END},
    "bpe_ranks": "! 0 " + " ".join(base64.b64encode(token).decode() for token in [bytes([i]) for i in range(256)] + MERGED)}))
TH, THE, AN, AND = range(256, END)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", **options)
    assert done.returncode == 0, f"{command[0]}: status {done.returncode}: {done.stderr[-800:]}"
    return done.stdout


@case("an installation holds the header, the library with its soname, and what pkg-config needs")
def _():
    run("cmake", "--install", BUILD, "--prefix", "/usr/local", env={**os.environ, "DESTDIR": ROOT})
    assert os.path.exists(os.path.join(INCLUDE, "ciyuan.h"))
    assert os.readlink(os.path.join(LIB, "libciyuan.so.0")).startswith("libciyuan.so.0.")
    assert "[libciyuan.so.0]" in run("readelf", "-d", os.path.join(LIB, "libciyuan.so"))
    flags = run("pkg-config", "--cflags", "--libs", "ciyuan", env={**os.environ, "PKG_CONFIG_PATH": os.path.join(LIB, "pkgconfig")})
    assert "-lciyuan" in flags and os.path.realpath(INCLUDE) in [os.path.realpath(flag[2:]) for flag in flags.split()], flags


@case("the library shows the names of the header and no other, and every name of the header is there")
def _():
    shown = {line.split()[2].split("@")[0] for line in run("nm", "-D", "--defined-only", os.path.join(LIB, "libciyuan.so")).splitlines()}
    declared = set(re.findall(r"CIYUAN_EXPORT[^;]*?\b(ciyuan_\w+)\(", open(os.path.join(INCLUDE, "ciyuan.h")).read()))
    assert len(declared) > 10 and shown - {"CIYUAN_0"} == declared, shown ^ declared


@case("the library needs neither the server's libraries nor those of the database")
def _():
    needed = run("readelf", "-d", os.path.join(LIB, "libciyuan.so"))
    assert not re.search(r"NEEDED.*(microhttpd|curl|sqlite|libpq|argon2)", needed), needed


def user(compiler, *flags):
    """The lines of the program, compiled by this compiler, by what stands first."""
    program = os.path.join(scratch, "user-" + compiler)
    found = run("pkg-config", "--cflags", "--libs", "ciyuan", env={**os.environ, "PKG_CONFIG_PATH": os.path.join(LIB, "pkgconfig")}).split()
    run(compiler, *flags, "-Wall", "-Wextra", "-Werror", "-o", program, os.path.join(SOURCE, "tests/cases/api_user.c"), *found, "-lpthread",
        f"-Wl,-rpath,{LIB}")
    facts = {}
    for line in run(program, vocabulary).splitlines():
        key, _, rest = line.partition(" ")
        facts.setdefault(key, []).append(rest)
    return facts


@case("a program in C gets from it the ids that merging by hand gives, and their texts back")
def _():
    facts = user("cc", "-std=c17", "-pedantic")
    space = ord(" ")
    expected = [
        [THE, space, *b"cat", space, AND, space, THE, space, *b"hat"],
        [THE, THE],
        [],
        [0xFF, 0xFE, space, AND, space, *b"<|", *b"endoftext|>"],
        [AND],
    ]
    assert [[int(id_) for id_ in line.split()] for line in facts["ids"]] == expected, facts["ids"]
    assert bytes.fromhex(facts["decoded"][0]) == b"the cat and the hat" + b"thethe" + b"\xff\xfe and <|endoftext|>" + b"and"
    assert facts["counts"] == [f"{len(expected[0])} 0"]
    expected[3] = [0xFF, 0xFE, space, AND, space, END]
    assert [[int(id_) for id_ in line.split()] for line in facts["special"]] == expected, facts["special"]
    assert facts["skipped"] == [f"{len(b'the cat and the hat' + b'thethe' + b'..' + b' and ' + b'and')}"], facts["skipped"]
    assert facts["shared"] == ["800"], "four threads that share a tokenizer did not all get the same ids"
    assert facts["name"] == [f"tiny {END + 1} {hashlib.sha256(open(vocabulary, 'rb').read()).hexdigest()}"], facts["name"]
    assert facts["find"] == [f"{END} -1"] and facts["token"] == ["th 1"], facts
    assert facts["api"] == ["0 0"] and re.fullmatch(r"\d+\.\d+\.\d+", facts["version"][0])


@case("what is wrong is said with its value and its kind, in a struct of fixed size")
def _():
    facts = user("cc", "-std=c17")
    assert facts["missing"][0].startswith("2 ") and "no/such.json" in facts["missing"][0], facts["missing"]
    assert facts["unknown"][0].startswith("2 ") and "o200k_bas" in facts["unknown"][0], facts["unknown"]
    assert facts["no_token"][0].startswith("1 ") and "4000000" in facts["no_token"][0], facts["no_token"]
    assert facts["older"][0].startswith("2 ") and "3 bytes" in facts["older"][0], facts["older"]
    assert facts["shorter"] == ["1"], facts["shorter"]


@case("a program in C++ gets the same from the same header")
def _():
    assert user("c++", "-std=c++17", "-x", "c++") == user("cc", "-std=c17")


@case("the C examples of the docs and of the READMEs compile as they stand")
def _():
    head = """#include <ciyuan.h>
#include <stdio.h>
struct ciyuan_tokenizer *tokenizer; struct ciyuan_steps *steps; struct ciyuan_error error; struct ciyuan_ids ids;
struct ArrowSchema schema, out_schema; struct ArrowArray batch, out; const struct ciyuan_text *texts; size_t text_count;
int main(void)
{
"""
    count = 0
    for name in ("docs/api.md", "README.md", "README.zh-CN.md"):
        for block in re.findall(r"^```c\n(.*?)^```", open(os.path.join(SOURCE, name)).read(), re.M | re.S):
            path = write(f"example{count}.c", head + block + "return 0;\n}\n")
            run("cc", "-std=c17", "-Wall", "-Werror", "-c", "-o", path + ".o", "-I", INCLUDE, path)
            count += 1
    assert count >= 4, count


finish()
