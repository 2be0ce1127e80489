#!/usr/bin/env python3
"""Mixed load on a server for minutes: info, lists, trees, files whole and by ranges, commits, large uploads, clients that leave in the middle.
Says each half minute what the server holds, and at the end whether memory and descriptors grew between the second third and the last: in the
first the database's caches fill.

    tools/soak_serve.py [--program build/release/ciyuan] [--seconds 600]"""
import argparse, base64, hashlib, http.client, json, os, random, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

parser = argparse.ArgumentParser()
parser.add_argument("--program", default="build/release/ciyuan")
parser.add_argument("--seconds", type=int, default=600)
options = parser.parse_args()
GROWTH_MAX = 1.10  # of resident memory from the second third to the last
CONTENT_COUNT = 400
scratch = tempfile.mkdtemp(prefix="ciyuan-soak.")
data = os.path.join(scratch, "data")
server = subprocess.Popen([options.program, "serve", "--data", data, "--listen", "127.0.0.1:0", "--log", os.path.join(scratch, "log")],
                          stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline().rsplit(":", 1)[1])
end = time.monotonic() + options.seconds
counts, failures, lock = {}, [], threading.Lock()


def run(*arguments):
    return subprocess.run([options.program, *arguments, "--data", data], capture_output=True, text=True, check=True).stdout.strip()


run("user", "create", "alice", "--admin")
token = run("token", "create", "--user", "alice", "--scope", "write")


def ask(connection, method, path, body=None, headers={}):
    connection.request(method, path, body, {"Authorization": "Bearer " + token, **headers})
    answer = connection.getresponse()
    return answer, answer.read()


def commit(connection, name, path, content):
    line = {"key": "file", "value": {"content": base64.b64encode(content).decode(), "path": path, "encoding": "base64"}}
    body = json.dumps({"key": "header", "value": {"summary": "soak", "description": ""}}) + "\n" + json.dumps(line) + "\n"
    return ask(connection, "POST", f"/api/datasets/alice/{name}/commit/main", body, {"Content-Type": "application/x-ndjson"})


def upload(connection, name, content):
    oid = hashlib.sha256(content).hexdigest()
    answer, body = ask(connection, "POST", f"/datasets/alice/{name}.git/info/lfs/objects/batch",
                       json.dumps({"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(content)}]}),
                       {"Content-Type": "application/vnd.git-lfs+json"})
    actions = json.loads(body)["objects"][0].get("actions")
    if not actions:
        return answer
    href = "/" + actions["upload"]["href"].split("/", 3)[3]
    connection.request("PUT", href, content)
    answer = connection.getresponse()
    answer.read()
    return answer


def content(rng, least, most):
    """One of a few hundred contents, so that ten minutes do not fill the disk: the hub keeps each once."""
    chosen = random.Random(rng.randrange(CONTENT_COUNT))
    return chosen.randbytes(chosen.randrange(least, most))


def leave(kind, name):
    """A client that goes away: in the head, in an upload, in a download."""
    s = socket.create_connection(("127.0.0.1", port))
    if kind == "head":
        s.sendall(b"GET /api/datasets/alice/" + name.encode() + b" HTTP/1.1\r\nHost: a\r\nX-")
    elif kind == "upload":
        s.sendall(f"POST /api/datasets/alice/{name}/commit/main HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 9000000\r\n\r\n".encode())
        s.sendall(b"x" * random.randrange(2000000))
    else:
        s.sendall(f"GET /datasets/alice/{name}/resolve/main/big.bin HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        s.recv(random.randrange(1, 300000))
    s.close()


def work(number):
    rng = random.Random(number)
    name = f"d{number % 4}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end and not failures:
        kind = rng.choices(["info", "tree", "list", "file", "range", "commit", "upload", "leave", "none"], [30, 10, 5, 6, 20, 3, 2, 6, 10])[0]
        wanted = {200, 206}
        try:
            if kind == "info":
                answer, _ = ask(connection, "GET", f"/api/datasets/alice/{name}")
            elif kind == "tree":
                answer, _ = ask(connection, "GET", f"/api/datasets/alice/{name}/tree/main?recursive=true")
            elif kind == "list":
                answer, _ = ask(connection, "GET", "/api/datasets?limit=10")
            elif kind == "file":
                answer, body = ask(connection, "GET", f"/datasets/alice/{name}/resolve/main/big.bin")
                assert len(body) == 3 << 20, len(body)
            elif kind == "range":
                at = rng.randrange(3 << 20)
                answer, body = ask(connection, "GET", f"/datasets/alice/{name}/resolve/main/big.bin", None, {"Range": f"bytes={at}-{at + 65535}"})
            elif kind == "commit":
                answer, _ = commit(connection, name, f"f{rng.randrange(20)}.txt", content(rng, 0, 900000 if rng.random() < 0.2 else 20000))
                wanted = {200, 412}
            elif kind == "upload":
                answer = upload(connection, name, content(rng, 1 << 20, 8 << 20))
                wanted = {200, 201, 503}
            elif kind == "leave":
                leave(rng.choice(["head", "upload", "download"]), name)
                continue
            else:
                answer, _ = ask(connection, "GET", "/api/datasets/alice/nosuch")
                wanted = {404}
            with lock:
                counts[kind] = counts.get(kind, 0) + 1
            if answer.status not in wanted:
                failures.append(f"{kind}: {answer.status}")
        except Exception as error:
            failures.append(f"{kind}: {type(error).__name__} {error}")


def resident_mib():
    return int(open(f"/proc/{server.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


connection = http.client.HTTPConnection("127.0.0.1", port)
for i in range(4):
    ask(connection, "POST", "/api/repos/create", json.dumps({"name": f"d{i}", "type": "dataset"}), {"Content-Type": "application/json"})
    answer, body = commit(connection, f"d{i}", "big.bin", random.Random(i).randbytes(3 << 20))
    if answer.status != 200:
        sys.exit(f"not ok - the first commit: {answer.status} {body[:300]}")
threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(16)]
for thread in threads:
    thread.start()
samples, started = [], time.monotonic()
while time.monotonic() < end and not failures:
    time.sleep(1)
    samples.append((resident_mib(), len(os.listdir(f"/proc/{server.pid}/fd"))))
    if len(samples) % 30 == 0:
        print(f"{time.monotonic() - started:5.0f} s   resident {samples[-1][0]:6.1f} MiB   descriptors {samples[-1][1]:4d}   "
              + " ".join(f"{kind} {count}" for kind, count in sorted(counts.items())), flush=True)
for thread in threads:
    thread.join(90)
time.sleep(4)
spooled, descriptors = os.listdir(os.path.join(data, "spool")), len(os.listdir(f"/proc/{server.pid}/fd"))
server.terminate()
status = server.wait(60)
shutil.rmtree(scratch, ignore_errors=True)
third = max(len(samples) // 3, 1)
middle, last = (statistics.median(s[0] for s in part) for part in (samples[third:2 * third], samples[-third:]))
print(f"requests {sum(counts.values())}; resident {middle:.1f} MiB in the second third, {last:.1f} MiB in the last; descriptors at rest {descriptors}; "
      f"spooled files left {len(spooled)}")
problems = failures[:3] + (["the spool is not empty"] if spooled else []) + ([f"ended with {status}"] if status else [])
if last > middle * GROWTH_MAX + 4:
    problems.append("memory grew")
if descriptors > 64:
    problems.append(f"{descriptors} descriptors are open at rest")
print("not ok - soak: " + "; ".join(problems) if problems else "ok - soak: nothing grew")
sys.exit(1 if problems else 0)
