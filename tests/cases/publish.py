"""Publishing a dataset to a hub, pulling it, building from it, and finding it: with the program alone on both sides."""
import hashlib, json, os, random, shutil, signal, subprocess, sys, time, urllib.parse
from _case import CIYUAN, case, ciyuan, finish, scratch, write
from _hub import Hub

hub = Hub()
hub.user("alice")
hub.organisation("press", alice="write")
hub.user("bob")
os.environ.update(CIYUAN_HUB=hub.url, CIYUAN_TOKEN=hub.token("alice"), CIYUAN_CACHE=os.path.join(scratch, "cache"))
for name in ("HF_ENDPOINT", "HF_TOKEN"):
    os.environ.pop(name, None)
WORDS = "river stone lantern quiet harbour ink paper teal willow bridge 数据 语料".split()


def build(name, count, recipe_more="", seed=1):
    rng = random.Random(seed)
    write(f"{name}.jsonl", "".join(json.dumps({"id": f"d{i}", "text": " ".join(rng.choices(WORDS, k=60)) + f" {i}."}, ensure_ascii=False) + "\n" for i in range(count)))
    recipe = write(f"{name}.yaml", f"name: {name}\nsources:\n  - {{path: {name}.jsonl, license: CC-BY-4.0, party: example-press}}\nsteps:\n"
                   f"  - where: \"text not like '% 3.'\"\n{recipe_more}output: {{path: {name}}}\n")
    ciyuan("build", recipe, "--replace")
    return os.path.join(scratch, name)


def files(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names)


def version(name):
    return hub.ask("GET", f"/api/datasets/{name}", os.environ["CIYUAN_TOKEN"])[2]["sha"]


web = build("web", 300)


@case("a dataset is published, and comes back byte for byte, good by its MANIFEST")
def _():
    out, _ = ciyuan("publish", web, "press/web")
    assert "published press/web@" in out, out
    out, _ = ciyuan("pull", "press/web", os.path.join(scratch, "back"))
    assert "all as MANIFEST says" in out, out
    back = os.path.join(scratch, "back")
    assert files(back) == files(web)
    for name in files(web):
        assert open(os.path.join(back, name), "rb").read() == open(os.path.join(web, name), "rb").read(), name
    assert "good: " in ciyuan("verify", back)[0]


@case("publishing the same build again uploads nothing and makes no version")
def _():
    before = version("press/web")
    out, _ = ciyuan("publish", web, "press/web")
    assert "holds this build already" in out, out
    assert version("press/web") == before


@case("a new build is the next version; shards that it has no more are gone from it; the old version stays")
def _():
    old = version("press/web")
    build("web", 200, seed=2)
    open(os.path.join(web, "README.md"), "a").write("\nWritten by hand.\n")
    ciyuan("publish", web, "press/web")
    assert version("press/web") != old
    ciyuan("pull", f"press/web@{old}", os.path.join(scratch, "old"))
    ciyuan("pull", "press/web", os.path.join(scratch, "new"))
    assert "Written by hand." in open(os.path.join(scratch, "new", "README.md")).read()
    assert open(os.path.join(scratch, "old", "MANIFEST")).read() == open(os.path.join(scratch, "back", "MANIFEST")).read()


@case("a dataset that is not what its MANIFEST says is not published")
def _():
    broken = os.path.join(scratch, "broken")
    shutil.copytree(web, broken)
    with open(os.path.join(broken, "data", os.listdir(os.path.join(broken, "data"))[0]), "r+b") as file:
        file.seek(10)
        file.write(b"X")
    _, err = ciyuan("publish", broken, "press/broken", status=1)
    assert "is not what its MANIFEST says" in err, err
    assert hub.ask("GET", "/api/datasets/press/broken", os.environ["CIYUAN_TOKEN"])[0] == 404


@case("who may not write is told so, and who is nobody is told how to become somebody")
def _():
    _, err = ciyuan("publish", web, "bob/web", status=1)
    assert "403" in err, err
    _, err = ciyuan("publish", web, "press/other", status=1, env={**os.environ, "CIYUAN_TOKEN": "", "HF_HOME": scratch})
    assert "401" in err and "CIYUAN_TOKEN" in err, err
    _, err = ciyuan("pull", "press", status=2)
    assert "names no repository" in err, err


@case("a publish that is killed anywhere leaves the version before it, and the next run completes it")
def _():
    rng = random.Random(7)
    big = build("big", 3000, seed=3)
    ciyuan("publish", big, "press/big")
    for round in range(12):
        before = version("press/big")
        build("big", 3000, seed=100 + round)
        process = subprocess.Popen([CIYUAN, "publish", big, "press/big"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.002, 0.12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = version("press/big")
        if after != before:  # a commit was made, by this client or, late, by the one killed before it: the version is whole
            shutil.rmtree(os.path.join(scratch, "whole"), ignore_errors=True)
            out, _ = ciyuan("pull", "press/big", os.path.join(scratch, "whole"))
            assert "all as MANIFEST says" in out, out
    ciyuan("publish", big, "press/big")
    ciyuan("pull", "press/big", os.path.join(scratch, "last"))
    assert open(os.path.join(scratch, "last", "MANIFEST")).read() == open(os.path.join(big, "MANIFEST")).read()


@case("a pull that is killed goes on where it stopped, and bytes that were changed meanwhile are fetched again")
def _():
    target = os.path.join(scratch, "cut")
    for wait in (0.01, 0.02, 0.03):
        process = subprocess.Popen([CIYUAN, "pull", "press/big", target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if os.path.exists(target):
            break
    work = target + ".pull"
    for name in files(work) if os.path.exists(work) else []:
        with open(os.path.join(work, name), "r+b") as file:
            file.write(b"?")
    if not os.path.exists(target):
        ciyuan("pull", "press/big", target)
    assert "good: " in ciyuan("verify", target)[0]
    assert not os.path.exists(work)


@case("a dataset is built from a hub's, and its lock names the very version")
def _():
    recipe = write("from.yaml", "name: from\nsources:\n  - path: hub://press/web\n    format: parquet\nsteps:\n  - where: \"text like '%river%'\"\noutput: {path: from}\n")
    ciyuan("build", recipe)
    sha = version("press/web")
    lock = open(os.path.join(scratch, "from", "recipe.lock")).read()
    assert f"hub://press/web@{sha}/data/" in lock, lock[:600]
    recipe = write("none.yaml", "name: none\nsources: [hub://press/nothing]\nsteps: []\noutput: {path: none}\n")
    _, err = ciyuan("build", recipe, status=1)
    assert "press/nothing" in err, err


@case("a dataset is built from objects in S3, and its lock names them")
def _():
    server = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "..", "support", "s3_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    line = server.stdout.readline().split()
    if len(line) != 3:
        return "moto is not there"
    port, access, secret = line
    try:
        import boto3
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=access, aws_secret_access_key=secret, region_name="us-east-1")
        for i in range(3):
            client.put_object(Bucket="tests", Key=f"crawl/part {i}&.jsonl", Body=(json.dumps({"id": f"s{i}", "text": f"text {i}"}) + "\n").encode())
        client.put_object(Bucket="tests", Key="crawl/notes.md", Body=b"no data")
        recipe = write("s3.yaml", f"name: s3\nsources: ['s3://tests/crawl/*.jsonl?endpoint=http://127.0.0.1:{port}']\nsteps: []\noutput: {{path: s3}}\n")
        env = {**os.environ, "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}
        out, _ = ciyuan("build", recipe, env=env)
        assert "s3://tests/crawl/part 1&.jsonl" in open(os.path.join(scratch, "s3", "recipe.lock")).read()
        assert "3" in ciyuan("sql", os.path.join(scratch, "s3"), "SELECT count(*) FROM data", "--format", "csv")[0]
        _, err = ciyuan("build", recipe, "--replace", status=1, env={**env, "AWS_SECRET_ACCESS_KEY": "wrong"})
        assert "403" in err or "Signature" in err, err
    finally:
        server.stdin.close()
        server.wait(20)


@case("search finds by a word's beginning and by two characters of Chinese, and counts by facet")
def _():
    head = "---\nlicense: mit\nlanguage: [zh]\npretty_name: 中文法律数据集\n---\n# 裁判文书\n"
    shutil.copytree(web, os.path.join(scratch, "law"))
    open(os.path.join(scratch, "law", "README.md"), "w").write(head)
    ciyuan("publish", os.path.join(scratch, "law"), "press/law")
    for words in (["法律"], ["数据"], ["裁判", "press"], ["la"]):
        out, _ = ciyuan("search", *words)
        assert "press/law" in out, (words, out)
    assert "nothing was found" in ciyuan("search", "法律", "english")[0]
    found = hub.ask("GET", "/api/v1/search?facets=true&tag=license:mit")[2]
    assert found["total"] == 1 and found["facets"]["language"] == [{"value": "zh", "count": 1}], found


@case("what is private is found by its members alone")
def _():
    ciyuan("publish", web, "press/hidden", "--private")
    assert "press/hidden" in ciyuan("search", "hidden")[0]
    assert "nothing was found" in ciyuan("search", "hidden", env={**os.environ, "CIYUAN_TOKEN": hub.token("bob")})[0]
    assert "nothing was found" in ciyuan("search", "hidden", env={**os.environ, "CIYUAN_TOKEN": "", "HF_HOME": scratch})[0]


@case("rows, statistics and what was removed are read without loading the data")
def _():
    def get(path, token=None, **parameters):
        return hub.ask("GET", f"/api/v1/datasets/press/web/{path}?{urllib.parse.urlencode(parameters)}", token)
    status, _, page = get("rows", offset=100, limit=3)
    assert status == 200 and [row["row_idx"] for row in page["rows"]] == [100, 101, 102] and page["row_count"] == 199, page
    status, _, page = get("rows", where="text like '%数据%'", order="id desc", limit=1, select="id")
    assert status == 200 and page["row_count"] <= 199 and list(page["rows"][0]["row"]) == ["id"], page
    status, _, problem = get("rows", where="texd = 1")
    assert status == 422 and "texd" in problem["detail"] and "read_parquet" not in problem["detail"], problem
    status, _, statistics = get("statistics", column="text")
    assert status == 200 and statistics["num_examples"] == 199, statistics
    assert get("rows", table="verdicts")[0] == 401
    status, _, page = get("rows", os.environ["CIYUAN_TOKEN"], table="verdicts")
    assert status == 200 and page["row_count"] == 1 and page["rows"][0]["row"]["operator"] == "where", (page["row_count"], page["rows"])
    status, _, split = hub.ask("GET", "/datasets-server/splits?dataset=press/web")
    assert status == 200 and split["splits"] == [{"dataset": "press/web", "config": "default", "split": "train"}], split


@case("a build tells a hub how far it is, and what became of it; the hub's absence costs it nothing")
def _():
    recipe = write("told.yaml", "name: told\nsources: [big.jsonl]\nsteps: []\noutput: {path: told}\n")
    ciyuan("build", recipe, "--report", hub.url + "/press/web")
    status, _, runs = hub.ask("GET", "/api/v1/datasets/press/web/runs")
    assert status == 200 and len(runs["items"]) == 1, runs
    run = runs["items"][0]
    build_id = hashlib.sha256(open(os.path.join(scratch, "told", "MANIFEST"), "rb").read()).hexdigest()
    assert run["state"] == "done" and run["user"] == "alice" and run["progress"]["build_id"] == build_id, run
    assert hub.ask("GET", f"/api/v1/runs/{run['id']}")[2]["progress"]["kept_count"] == 3000
    bad = {"repository": "press/web", "state": "running", "progress": {}}
    assert hub.ask("PUT", f"/api/v1/runs/{run['id']}", hub.token("bob"), bad)[0] == 403
    begun = time.monotonic()
    ciyuan("build", recipe, "--replace", "--report", "http://127.0.0.1:1/press/web")
    assert time.monotonic() - begun < 20
    _, err = ciyuan("build", recipe, "--replace", "--report", "press", status=2)
    assert "names no repository" in err, err


@case("what is taken is counted: a use a user, version and hour, with the bytes of bodies that went out")
def _():
    hub.ask("PUT", "/api/datasets/press/law/settings", os.environ["CIYUAN_TOKEN"], {"visibility": "public"})
    reader = hub.token("bob")
    path = "/datasets/press/law/resolve/main/MANIFEST"
    size = len(hub.ask("GET", path, reader)[2])
    assert hub.ask("GET", path, reader, headers={"Range": "bytes=0-9"})[0] == 206
    etag = hub.ask("HEAD", path, reader)[1]["etag"]
    assert hub.ask("GET", path, reader, headers={"If-None-Match": etag})[0] == 304
    assert hub.ask("GET", "/api/v1/datasets/press/law/uses", reader)[0] == 403
    ciyuan("org", "member", "press", "alice", "--role", "admin", "--data", hub.data)
    for _ in range(40):
        mine = [use for use in hub.ask("GET", "/api/v1/datasets/press/law/uses", os.environ["CIYUAN_TOKEN"])[2]["items"] if use["user"] == "bob"]
        if mine and mine[0]["files"] == 2:
            break
        time.sleep(0.1)
    assert len(mine) == 1 and (mine[0]["files"], mine[0]["bytes"], mine[0]["purpose"]) == (2, size + 10, "download"), (mine, size)
    assert hub.ask("GET", "/api/datasets/press/law")[2]["downloads"] == 1


@case("a version takes scorecards, kept beside it; the evidence is for those who may see what was removed")
def _():
    sha, mine = version("press/law"), os.environ["CIYUAN_TOKEN"]
    url = f"/api/v1/datasets/press/law/versions/{sha}/scorecards"
    card = {"profile": "tc609", "score": 91, "indicators": [{"code": "0201", "a": 9, "b": 10, "evidence": [{"text": "a removed text"}]}]}
    assert hub.ask("POST", url, hub.token("bob"), card)[0] == 403
    assert hub.ask("POST", url, mine, {"score": 1})[0] == 400
    status, _, made = hub.ask("POST", url, mine, card)
    assert status == 201, made
    listed = hub.ask("GET", url)[2]["items"]
    assert [(row["id"], row["profile"], row["created_by"]) for row in listed] == [(made["id"], "tc609", "alice")], listed
    assert hub.ask("GET", f"{url}/{made['id']}", mine)[2] == card
    shown = hub.ask("GET", f"{url}/{made['id']}")[2]
    assert shown == {**card, "indicators": [{"code": "0201", "a": 9, "b": 10}]}, shown
    assert version("press/law") == sha
    assert hub.ask("GET", url.replace(sha, "0" * 40))[0] == 404


@case("the doctor finds all of it there")
def _():
    assert "all that was acknowledged is there" in ciyuan("doctor", "--data", hub.data, "--verify")[0]


hub.stop()
finish()
