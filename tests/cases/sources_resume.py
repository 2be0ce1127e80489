"""A build over every format, killed at random moments and resumed, is byte for byte the build that ran through."""
import csv, gzip, hashlib, io, json, os, random, signal, subprocess, time

from _case import CIYUAN, case, ciyuan, finish, scratch, write

seed = int(os.environ.get("CIYUAN_SEED", time.time_ns() % 1_000_000))
rng = random.Random(seed)
KILLS = 12
WORDS = "river stone lantern quiet harbour ink paper teal willow bridge 词元 数据 naïve".split()


def words(count):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, count)))


def page(i):
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{i} {words(200)}</p>".encode()
    return b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <w%d>\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (
        i, len(http), http)


lines = ["{broken" if rng.random() < 0.01 else json.dumps({"id": f"j{i}", "text": words(100)}, ensure_ascii=False) for i in range(4000)]
write("in/one.jsonl.gz", gzip.compress("\n".join(lines).encode(), mtime=0))
write("in/plain.jsonl", "\n".join(lines[:2000]).encode())
write("in/array.json", ("[" + ",\n".join(line for line in lines[:1000] if line != "{broken") + "]").encode())
members = [gzip.compress(page(i), mtime=0) for i in range(1500)]
members[700] = members[700][:40] + b"\xff\xfe" + members[700][42:]
write("in/crawl.warc.gz", b"".join(members)[:-30])
write("in/all.warc.gz", gzip.compress(b"".join(page(i) for i in range(500)), mtime=0))
table = io.StringIO(newline="")
writer = csv.writer(table)
writer.writerow(["id", "text", "note"])
writer.writerows([f"c{i}", words(60) + '\n"quoted"', words(5)] for i in range(2000))
write("in/table.csv", table.getvalue().encode("utf-8"))
for i in range(300):
    write(f"in/tree/{i % 7}/{i}.html", f"<p>{words(100)}".encode("gb18030", "replace"))
paths = ["in/*.json*", "in/*.warc.gz", "in/table.csv", "in/tree"]
recipe = write("recipe.yaml", "name: resume\nsources:\n" + "".join(f"  - path: '{path}'\n" for path in paths) +
               "steps: [normalize]\noutput: {path: out, format: jsonl, shard_size: 1MiB}\n")


def tree(folder):
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            found[os.path.relpath(full, folder)] = hashlib.sha256(open(full, "rb").read()).hexdigest()
    return found


def out(name):
    return os.path.join(scratch, name)


begin = time.monotonic()
ciyuan("build", recipe, "--output", out("through"), "--part", "40KB", "--quiet", "--threads", 1)
seconds = time.monotonic() - begin
expected = tree(out("through"))


@case(f"killed {KILLS} times on its way, at moments of chance, and resumed each time (seed {seed})")
def killed():
    kills = 0
    for _ in range(KILLS):
        process = subprocess.Popen([CIYUAN, "build", recipe, "--output", out("killed"), "--part", "40KB", "--quiet", "--threads", str(rng.choice((1, 2, 4)))],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0, seconds * 0.6))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    if not os.path.exists(out("killed/MANIFEST")):
        ciyuan("build", recipe, "--output", out("killed"), "--part", "40KB", "--quiet")
    found = tree(out("killed"))
    assert found == expected, sorted(name for name in expected | found if expected.get(name) != found.get(name))
    assert kills > 0


@case("read = kept + removed + unreadable + skipped, and the damage is in the ledger")
def counts():
    total = json.load(open(out("through/build.json")))["total"]
    assert total["read"] == total["kept"] + total["removed"] + total["unreadable"] + total["skipped"], total
    rules, _ = ciyuan("sql", out("through"), "SELECT DISTINCT rule FROM verdicts WHERE what = 'unreadable' AND rule LIKE 'gzip%' ORDER BY 1", "--format", "json")
    assert [json.loads(line)["rule"] for line in rules.splitlines()] == ["gzip_corrupt", "gzip_truncated"], rules


finish()
