"""The server holds what its OpenAPI document says, under requests that schemathesis (PyPI) makes of it: no request is answered by an error of
the server's own, and under /api/v1 every answer has a status, a type and a shape that the document names."""
import json, os, re, subprocess, sys
from _case import case, finish, scratch, write
from _hub import NDJSON, Hub, commit_body, small

THOROUGH = os.environ.get("CIYUAN_OPENAPI") == "thorough"  # minutes: every value at its edge for every parameter, and many more by chance
EXAMPLES = 200 if THOROUGH else 4                           # an operation
PROGRAM = os.path.join(os.path.dirname(sys.executable), "schemathesis")
CARD = b"---\ntitle: a set\nlicense: mit\nconfigs:\n- config_name: default\n  data_files: data/train.csv\n---\n# words\n"
# What stands in a path or query often enough that handlers are reached, beside what is not there.
KNOWN = {"namespace": ["press", "ann", "nobody1"], "name": ["set", "gated", "none"], "revision": ["main", "v1", "none"], "branch": ["main", "b"], "tag": ["v1", "t"],
         "user": ["ann", "bob", "nobody1"], "organisation": ["press", "ann", "none"], "account": ["press", "ann", "none"], "party": ["press", "none"],
         "status": ["pending", "accepted", "x"], "dataset": ["press/set", "press/none", "set"], "config": ["default", "x"], "split": ["train", "x"],
         "column": ["n", "text", "x"]}


def known(document):
    """The document with those values for parameters of these names; a filter of theirs stays."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in KNOWN and (parameter["in"] == "path" or "enum" not in parameter["schema"]):
                    parameter["schema"] = {"type": "string", "enum": KNOWN[parameter["name"]]}
                elif parameter["in"] == "path" and parameter["name"] == "path":
                    parameter["schema"] = {"type": "string", "enum": ["README.md", "data", "data/train.csv", "verdicts/v.txt", "none"]}
    return document


hub = Hub()
for name in ("ann", "bob"):
    hub.user(name)
hub.user("chief", "--admin")
hub.organisation("press", ann="admin", bob="read")
ANN, ADMIN = hub.token("ann"), hub.token("chief", "admin")
for name in ("set", "gated"):
    assert hub.ask("POST", "/api/repos/create", ANN, {"name": name, "organization": "press", "type": "dataset"})[0] == 200
    assert hub.ask("POST", f"/api/datasets/press/{name}/commit/main", ANN,
                   commit_body(small("README.md", CARD), small("data/train.csv", b"n,text\n1,a\n2,b\n"), small("MANIFEST", b"schema: 1\n"), small("verdicts/v.txt", b"x")),
                   NDJSON)[0] == 200
    assert hub.ask("POST", f"/api/datasets/press/{name}/tag/main", ANN, {"tag": "v1"})[0] == 200
assert hub.ask("PUT", "/api/datasets/press/gated/settings", ANN, {"gated": "manual"})[0] == 200
DOCUMENT = known(hub.ask("GET", "/api/v1/openapi.json")[2])


def run(name, token, checks, *options, only=None):
    """What schemathesis found, as text; empty: nothing."""
    document = dict(DOCUMENT, paths={path: each for path, each in DOCUMENT["paths"].items() if re.match(only or "", path)})
    where = write(f"{name}.json", json.dumps(document))
    command = [PROGRAM, "run", where, "--url", hub.url, "--checks", checks, "--phases", "examples,coverage,fuzzing" if THOROUGH else "examples,fuzzing", "--max-examples", str(EXAMPLES),
               "--workers", "1", "--continue-on-failure", "--request-timeout", "30", "--max-redirects", "0", "--warnings", "off",
               "--suppress-health-check", "all", "--seed", os.environ.get("CIYUAN_SEED", "1"), *options]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=scratch)
    return "" if done.returncode == 0 else done.stdout[-20000:] + done.stderr[-2000:]


def expect_nothing(found):
    if found:
        sys.stderr.write(re.sub(r"(.{2000}).*", r"\1…", found))
        sys.stderr.writelines(line[:500] + "\n" for line in open(hub.log, encoding="utf-8") if '"level":"error"' in line)
    assert not found, "schemathesis found something: see above"


if not os.path.exists(PROGRAM):
    print("skip - the server holds its OpenAPI document: schemathesis is not installed")
    hub.stop()
    finish()


@case("whoever asks whatever the document allows, no answer is an error of the server")
def _():
    for name, token in (("ann", ANN), ("nobody", None), ("admin", ADMIN))[:3 if THOROUGH else 1]:
        expect_nothing(run(name, token, "not_a_server_error"))
        assert hub.process.poll() is None, "the server ended"


@case("under /api/v1 every answer has a status, a type and a shape that the document names")
def _():
    expect_nothing(run("shapes", ADMIN, "status_code_conformance,content_type_conformance,response_schema_conformance", only="/api/v1/"))


hub.stop()
finish()
