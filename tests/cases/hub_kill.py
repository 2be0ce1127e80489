"""A server that is killed (SIGKILL) at random moments under commits, large files in one piece and in parts, Xet uploads, and the collection of
garbage. Whatever it acknowledged is there afterwards, whole, and nothing half.   CIYUAN_KILLS=200 for the long run (make kills);
CIYUAN_PLACES="postgres s3" for rows and bytes that lie elsewhere."""
import hashlib, http.client, os, random, signal, struct, subprocess, threading, time
from _case import CIYUAN, case, ciyuan, finish
from _hub import NDJSON, Hub, commit_body, small
import _places

KILLS = int(os.environ.get("CIYUAN_KILLS", "6"))
WORKERS = 6
GRACE = 5 if KILLS < 50 else 20  # seconds that unnamed objects stay: longer than an upload takes here
SEED = int(os.environ.get("CIYUAN_SEED", random.randrange(1 << 30)))
TIMES = {"grace_s": GRACE, "upload_s": GRACE, "xorb_s": GRACE, "retention_s": 3600}


OPTIONS = _places.options(os.environ.get("CIYUAN_PLACES", "").split())
hub = Hub(*OPTIONS)
hub.user("alice")
TOKEN = hub.token("alice")
for i in range(3):
    assert hub.ask("POST", "/api/repos/create", TOKEN, {"name": f"r{i}", "type": "dataset"})[0] == 200
acknowledged = []  # (repository, sha, {path: sha256})
tried = refused = collected = 0
ends, lock = threading.Event(), threading.Lock()


def word_order(digest):
    """How Xet stores a hash: each 8 bytes reversed."""
    return b"".join(digest[i:i + 8][::-1] for i in range(0, 32, 8))


def send_large(repo, content, dice):
    """The bytes of a large file, by LFS in one piece, by LFS in parts, or by Xet. The oid, or None when the server refused or is gone."""
    oid = hashlib.sha256(content).hexdigest()
    if dice == 2:
        status, _, token = hub.ask("GET", f"/api/datasets/{repo}/xet-write-token/main", TOKEN)
        if status != 200:
            return None
        bearer, cas = token["accessToken"], "/" + token["casUrl"].split("/", 3)[3]
        xorb = hashlib.sha256(b"xorb" + content).digest()
        chunks = [content[at:at + 65536] for at in range(0, len(content), 65536)]
        body = b"".join(b"\0" + len(c).to_bytes(3, "little") + b"\0" + len(c).to_bytes(3, "little") + c for c in chunks)
        if hub.ask("POST", f"{cas}/v1/xorbs/default/{word_order(xorb).hex()}", bearer, body)[0] != 200:
            return None
        record = lambda *parts: b"".join(parts).ljust(48, b"\0")
        shard = bytes(48) + record(hashlib.sha256(b"file" + content).digest(), struct.pack("<II", 1 << 30, 1)) \
            + record(xorb, struct.pack("<IIII", 0, len(content), 0, len(chunks))) + record(word_order(bytes.fromhex(oid))) + b"\xff" * 32 + bytes(16)
        return oid if hub.ask("POST", f"{cas}/v1/shards", bearer, shard)[0] == 200 else None
    transfers = ["multipart"] if dice == 1 else ["basic"]
    status, _, batch = hub.ask("POST", f"/datasets/{repo}.git/info/lfs/objects/batch", TOKEN,
                               {"operation": "upload", "transfers": transfers, "objects": [{"oid": oid, "size": len(content)}]})
    if status != 200:
        return None
    action = batch["objects"][0].get("actions", {}).get("upload")
    if action is None:
        return oid
    if dice == 0:
        return oid if hub.ask("PUT", action["href"], body=content)[0] == 200 else None
    size = int(action["header"]["chunk_size"])
    for number in sorted(key for key in action["header"] if key.isdigit()):
        at = (int(number) - 1) * size
        if hub.ask("PUT", action["header"][number], body=content[at:at + size])[0] != 200:
            return None
    return oid if hub.ask("POST", action["href"], body={"oid": oid, "parts": []})[0] == 200 else None


def upload(rng):
    """One commit of some files, small and large; recorded when the server says that it is there."""
    global tried, refused
    repo, lines, files = f"alice/r{rng.randrange(3)}", [], {}
    for _ in range(rng.randrange(1, 5)):
        path, content = f"d{rng.randrange(20)}/f{rng.randrange(1 << 40):x}", rng.randbytes(rng.choice((10, 3000, 60000)))
        lines.append(small(path, content))
        files[path] = hashlib.sha256(content).hexdigest()
    for _ in range(rng.randrange(0, 3)):
        content, path = rng.randbytes(rng.choice((5000, 200_000, 900_000))), f"big/f{rng.randrange(1 << 40):x}.bin"
        if rng.randrange(4) == 0:
            content = random.Random(rng.randrange(5)).randbytes(100_000)  # what others send too, so that an object is found there already
        oid = send_large(repo, content, rng.randrange(3))
        if oid is None:
            continue
        lines.append(("lfsFile", {"path": path, "algo": "sha256", "oid": oid, "size": len(content)}))
        files[path] = oid
    tried += 1
    status, _, content = hub.ask("POST", f"/api/datasets/{repo}/commit/main", TOKEN, commit_body(*lines), NDJSON)
    if status == 200:
        with lock:
            acknowledged.append((repo, content["commitOid"], files))
    else:
        refused += 1
        # an upload that garbage took before its commit came is told so; nothing else is refused
        assert status == 503 or (status == 400 and "was not uploaded" in content["error"]), (status, content)


problems = []


def work(number):
    rng = random.Random(SEED * 100 + number)
    while not ends.is_set():
        try:
            upload(rng)
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)  # it was killed
        except Exception as error:  # what it answered is wrong
            problems.append(repr(error)[:500])


def collect():
    global collected
    while not ends.is_set():
        try:
            status, _, report = hub.ask("POST", "/api/v1/garbage", ADMIN, TIMES)
            if status == 200:
                collected += report["object_count"]
            elif status != 503:
                problems.append(f"garbage: {status} {report}")
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.3)


hub.user("boss", "--admin")
ADMIN = hub.token("boss", "admin")


@case(f"{KILLS} kills under uploads and the collection of garbage: the server starts again each time")
def _():
    global hub
    rng = random.Random(SEED)
    port = hub.port
    threads = [threading.Thread(target=work, args=(i,)) for i in range(WORKERS)] + [threading.Thread(target=collect)]
    [t.start() for t in threads]
    try:
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.1, 1.5))
            hub.process.send_signal(signal.SIGKILL)
            hub.process.wait()
            hub.process = subprocess.Popen([CIYUAN, "serve", "--data", hub.data, "--listen", f"127.0.0.1:{port}", "--log", hub.log, *OPTIONS],
                                           stdout=subprocess.PIPE, text=True)
            assert hub.process.stdout.readline(), f"the server did not start again (seed {SEED})"
        time.sleep(1)
    finally:
        ends.set()
        [t.join() for t in threads]
    assert not problems, f"{problems[:3]} (seed {SEED})"
    assert len(acknowledged) > KILLS, f"only {len(acknowledged)} commits were acknowledged (seed {SEED})"
    print(f"   {len(acknowledged)} commits acknowledged of {tried}, {refused} refused; garbage: {collected} objects (seed {SEED})", flush=True)


@case("every acknowledged version is on its branch, with every file that it brought")
def _():
    for repo in {a[0] for a in acknowledged}:
        history, url = [], f"/api/datasets/{repo}/commits/main?limit=1000"
        while url:
            status, headers, page = hub.ask("GET", url, TOKEN)
            assert status == 200, page
            history += [c["id"] for c in page]
            url = headers.get("link", "").partition("<")[2].partition(">")[0]
        lost = [sha for r, sha, _ in acknowledged if r == repo and sha not in set(history)]
        assert not lost, f"{len(lost)} versions of {repo} are gone, {lost[0]} first (seed {SEED})"
    for repo, sha, files in random.Random(SEED).sample(acknowledged, min(len(acknowledged), 60)):
        for path, sha256 in files.items():
            status, _, content = hub.ask("GET", f"/datasets/{repo}/resolve/{sha}/{path}", TOKEN)
            assert status == 200 and hashlib.sha256(content).hexdigest() == sha256, f"{repo} {sha} {path}: {status} (seed {SEED})"


@case("doctor reads every byte of every version and finds nothing amiss, and the audit log is whole")
def _():
    garbage = hub.ask("POST", "/api/v1/garbage", ADMIN, TIMES)
    assert garbage[0] == 200, garbage
    hub.stop()
    said = ciyuan("doctor", "--data", hub.data, "--verify", *OPTIONS)[0]
    assert "all that was acknowledged is there" in said, said
    assert "good: " in ciyuan("audit", "verify", "--data", hub.data, *OPTIONS[:2 if "--database" in OPTIONS else 0])[0]


finish()
