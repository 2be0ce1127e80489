"""Backup beside a running server, under uploads, and restore elsewhere, as docs/backup.md says it: the database first, the objects after."""
import hashlib, os, random, shutil, sqlite3, subprocess, threading, time
from _case import case, ciyuan, finish, scratch
from _hub import NDJSON, Hub, commit_body, small
from _places import postgres

WORKERS, REPOSITORIES = 4, 3
SEED = int(os.environ.get("CIYUAN_SEED", random.randrange(1 << 30)))


def upload(hub, token, rng):
    """One commit of small files and at times a large one; (repository, sha, {path: sha256}) once it is acknowledged."""
    repo, lines, files = f"alice/r{rng.randrange(REPOSITORIES)}", [], {}
    for _ in range(rng.randrange(1, 4)):
        path, content = f"d{rng.randrange(9)}/f{rng.randrange(1 << 40):x}", rng.randbytes(rng.choice((10, 3000, 60000)))
        lines.append(small(path, content))
        files[path] = hashlib.sha256(content).hexdigest()
    if rng.randrange(3) == 0:
        content, path = rng.randbytes(300_000), f"big/{rng.randrange(1 << 40):x}.bin"
        oid = hashlib.sha256(content).hexdigest()
        batch = hub.ask("POST", f"/datasets/{repo}.git/info/lfs/objects/batch", token,
                        {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(content)}]})[2]
        assert hub.ask("PUT", batch["objects"][0]["actions"]["upload"]["href"], body=content)[0] == 200
        lines.append(("lfsFile", {"path": path, "algo": "sha256", "oid": oid, "size": len(content)}))
        files[path] = oid
    status, _, answer = hub.ask("POST", f"/api/datasets/{repo}/commit/main", token, commit_body(*lines), NDJSON)
    assert status == 200, answer
    return repo, answer["commitOid"], files


def back_up_under_uploads(hub, save_database, copy):
    """Uploads go on while the copy is made. Returns the token and what had been acknowledged when it began."""
    hub.user("alice")
    token, acknowledged, problems, ends = hub.token("alice"), [], [], threading.Event()
    for i in range(REPOSITORIES):
        assert hub.ask("POST", "/api/repos/create", token, {"name": f"r{i}", "type": "dataset", "private": i == 0})[0] == 200

    def work(number):
        rng = random.Random(SEED * 100 + number)
        while not ends.is_set():
            try:
                acknowledged.append(upload(hub, token, rng))
            except Exception as error:
                problems.append(repr(error)[:500])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(WORKERS)]
    [t.start() for t in threads]
    try:
        time.sleep(1)
        before = list(acknowledged)
        save_database()
        time.sleep(0.3)  # uploads come between the two
        shutil.copytree(os.path.join(hub.data, "objects"), os.path.join(copy, "objects"))
        at_end = len(acknowledged)
    finally:
        ends.set()
        [t.join() for t in threads]
    assert not problems, f"{problems[:3]} (seed {SEED})"
    assert len(before) > 5 and at_end > len(before), f"{len(before)}, {at_end}: too few uploads to say anything (seed {SEED})"
    return token, before


def save_sqlite(hub, copy):
    """sqlite3 ciyuan.sqlite "VACUUM INTO …", by the same library."""
    database = sqlite3.connect(f"{hub.data}/ciyuan.sqlite")
    database.execute("VACUUM INTO ?", (f"{copy}/ciyuan.sqlite",))
    database.close()


def check_restored(copy, token, before, *options):
    said = ciyuan("doctor", "--data", copy, "--verify", *options)[0]
    assert "every byte read" in said and "all that was acknowledged is there" in said, said
    restored = Hub(*options, data=copy)
    for repo, sha, files in random.Random(SEED).sample(before, min(len(before), 50)):
        for path, sha256 in files.items():
            status, _, content = restored.ask("GET", f"/datasets/{repo}/resolve/{sha}/{path}", token)
            assert status == 200 and hashlib.sha256(content).hexdigest() == sha256, f"{repo} {sha} {path}: {status} (seed {SEED})"
    assert restored.ask("GET", "/api/datasets/alice/r0")[0] == 401  # what was private is private
    upload(restored, token, random.Random(1))  # and it goes on from there
    assert "good: " in ciyuan("audit", "verify", "--data", copy)[0]
    restored.stop()


@case("SQLite: a copy made beside a server under uploads holds all that was acknowledged before it began")
def _():
    hub, copy = Hub(), os.path.join(scratch, "copy")
    os.mkdir(copy)

    token, before = back_up_under_uploads(hub, lambda: save_sqlite(hub, copy), copy)
    hub.stop()
    check_restored(copy, token, before)


@case("PostgreSQL: the same by pg_dump and psql")
def _():
    url, why = postgres()
    if url is None:
        return why
    copy = os.path.join(scratch, "copy-postgres")
    os.mkdir(copy)
    subprocess.run(["psql", "-qc", "CREATE DATABASE hub", url], check=True)
    subprocess.run(["psql", "-qc", "CREATE DATABASE restored", url], check=True)
    served, restored = (url.replace("/postgres", "/" + name) for name in ("hub", "restored"))
    hub = Hub("--database", served)
    token, before = back_up_under_uploads(hub, lambda: subprocess.run(["pg_dump", "--no-owner", "-f", f"{copy}/hub.sql", served], check=True), copy)
    hub.stop()
    subprocess.run(["psql", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-1", "-f", f"{copy}/hub.sql", restored], check=True)
    check_restored(copy, token, before, "--database", restored)


@case("objects that are copied before the database may be too few, and doctor says which version lacks them")
def _():
    hub, copy = Hub(), os.path.join(scratch, "wrong-order")
    hub.user("alice")
    token = hub.token("alice")
    for i in range(REPOSITORIES):
        hub.ask("POST", "/api/repos/create", token, {"name": f"r{i}", "type": "dataset"})
    shutil.copytree(os.path.join(hub.data, "objects"), os.path.join(copy, "objects"))
    repo, _, files = upload(hub, token, random.Random(SEED))
    save_sqlite(hub, copy)
    hub.stop()
    said, _ = ciyuan("doctor", "--data", copy, status=1)
    missing = [line for line in said.splitlines() if line.startswith(f"{repo}: object ") and line.endswith(" is missing")]
    assert len(missing) == len(files), said


finish()
