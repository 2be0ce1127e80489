"""A hub on each database and each object store: what is published is there, by HTTP, before and after a restart; the walk of the real clients
on PostgreSQL with S3; a second server on the same database is refused; an object store that freezes stops nothing else."""
import hashlib, os, random, re, signal, subprocess, sys, threading, time
from _case import CIYUAN, SHARED, case, finish, scratch
from _hub import NDJSON, Hub, commit_body, small
import _places

FREEZE_S = float(os.environ.get("CIYUAN_FREEZE_S", "1"))  # 60 in `make kills`
DATABASE, NO_DATABASE = _places.postgres()
OBJECTS, NO_OBJECTS = _places.s3()


def options(database, objects):
    return (["--database", database] if database else []) + (["--objects", objects] if objects else [])


def ok(answer):
    assert answer[0] < 300, answer
    return answer


def publish(hub, token, name, files, large):
    """A dataset of small files and one large one, uploaded by LFS."""
    oid = hashlib.sha256(large).hexdigest()
    ok(hub.ask("POST", "/api/repos/create", token, {"name": name, "type": "dataset"}))
    batch = ok(hub.ask("POST", f"/datasets/alice/{name}.git/info/lfs/objects/batch", token,
                       {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(large)}]}))[2]
    ok(hub.ask("PUT", batch["objects"][0]["actions"]["upload"]["href"], body=large))
    line = "lfsFile", {"path": "large.bin", "algo": "sha256", "oid": oid, "size": len(large)}
    ok(hub.ask("POST", f"/api/datasets/alice/{name}/commit/main", token, commit_body(*(small(*file) for file in files.items()), line), NDJSON))


def expect(hub, token, name, files, large):
    tree = ok(hub.ask("GET", f"/api/datasets/alice/{name}/tree/main?recursive=true", token))[2]
    found = {entry["path"]: entry["size"] for entry in tree if entry["type"] == "file"}
    wanted = {**{path: len(content) for path, content in files.items()}, "large.bin": len(large)}
    assert {path: size for path, size in found.items() if path in wanted} == wanted, found
    for path, content in files.items():
        got = ok(hub.ask("GET", f"/datasets/alice/{name}/resolve/main/{path}", token))[2]
        assert got == content, path
    status, _, part = hub.ask("GET", f"/datasets/alice/{name}/resolve/main/large.bin", token, headers={"Range": "bytes=1000000-1000099"})
    assert status == 206 and part == large[1000000:1000100]
    assert ok(hub.ask("GET", f"/datasets/alice/{name}/resolve/main/large.bin", token))[2] == large


FILES = {f"data/part-{i}.txt": f"第{i}行 text\n".encode() * (i * 7 + 1) for i in range(40)}
LARGE = random.randbytes(3 << 20)


def walk(database, objects):
    hub = Hub(*options(database, objects))
    hub.user("alice")
    token = hub.token("alice")
    publish(hub, token, "kept", FILES, LARGE)
    expect(hub, token, "kept", FILES, LARGE)
    hub.stop()
    hub = Hub(*options(database, objects), data=hub.data)
    expect(hub, token, "kept", FILES, LARGE)
    return hub, token


@case("what is published is there before and after a restart: PostgreSQL and files")
def _():
    if not DATABASE:
        return NO_DATABASE
    hub, _ = walk(DATABASE, None)
    second = subprocess.run([CIYUAN, "serve", "--data", os.path.join(scratch, "second"), "--listen", "127.0.0.1:0", "--database", DATABASE],
                            capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and "another ciyuan server does" in second.stderr, second.stderr
    hub.stop()


@case("what is published is there before and after a restart: SQLite and S3; the disk holds no object, and a cache")
def _():
    if not OBJECTS:
        return NO_OBJECTS
    hub, token = walk(None, OBJECTS.replace("/hub?", "/with-sqlite?"))
    files = {name: sum(len(names) for _, _, names in os.walk(os.path.join(hub.data, name))) for name in ("objects", "spool", "cache")}
    assert files["objects"] == files["spool"] == 0 < files["cache"], files
    hub.stop()


def commit_into_ice(hub, token, pids, asks):
    """A commit while these processes stand still: it waits, what it does not hold up goes on, and it is there in the end."""
    answers = []
    upload = threading.Thread(target=lambda: answers.append(hub.ask("POST", "/api/datasets/alice/kept/commit/main", token,
                                                                    commit_body(small("late.txt", b"late")), NDJSON, timeout=FREEZE_S + 60)))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        upload.start()
        time.sleep(0.5)
        for _ in range(20):
            for path in asks:
                ok(hub.ask("GET", path, token))
        time.sleep(FREEZE_S)
        assert not answers, f"the commit did not wait: {answers}"
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    upload.join(120)
    assert answers and answers[0][0] == 200, answers
    assert ok(hub.ask("GET", "/datasets/alice/kept/resolve/main/late.txt", token))[2] == b"late"
    hub.stop()


@case("an S3 that freezes holds up who needs it, and nobody else")
def _():
    if not OBJECTS:
        return NO_OBJECTS
    hub, token = walk(None, OBJECTS.replace("/hub?", "/frozen?"))
    commit_into_ice(hub, token, [_places.s3_process.pid], ["/healthz", "/api/datasets/alice/kept"])


@case("a PostgreSQL that freezes holds up who needs it; the commit that waited is there")
def _():
    if not DATABASE:
        return NO_DATABASE
    again = DATABASE.replace("/postgres", "/frozen")
    subprocess.run([_places.postgres_program("createdb"), f"--maintenance-db={DATABASE}", "frozen"], check=True)
    hub, token = walk(again, None)
    commit_into_ice(hub, token, _places.postgres_pids(), ["/healthz"])


@case("the walk of the whole protocol with the real clients: PostgreSQL and S3")
def _():
    if not DATABASE or not OBJECTS:
        return NO_DATABASE or NO_OBJECTS
    script = os.path.join(SHARED, "clients", "hf_client_check.py")
    hub = Hub(*options(DATABASE, OBJECTS))
    try:
        hub.user("walker")
        hub.user("mallory")
        if not SHARED or not os.path.exists(script):
            return "the shared test data is not there"
        variables = {"HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token("walker"), "HF_TOKEN_OTHER": hub.token("mallory"),
                     "HF_HOME": os.path.join(scratch, "hf"), "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
                     "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_XET_TELEMETRY_ENABLED": "0"}
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, env={**os.environ, **variables})
        assert done.returncode == 0 and re.search(r"^\d\d+ passed, 0 failed$", done.stdout, re.M), re.findall(r"^FAIL .*$", done.stdout, re.M)
    finally:
        hub.stop()


finish()
