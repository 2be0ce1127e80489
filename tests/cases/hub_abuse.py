"""What an ill-meaning client tries, through HTTP, and what it must not get by it."""
import hashlib, json, os, time, urllib.parse
from _case import case, finish
from _hub import NDJSON, Hub, commit_body, small

hub = Hub()
hub.user("owner")
hub.user("chief", "--admin")
TOKEN, ADMIN = hub.token("owner"), hub.token("chief", "admin")


def ok(answer):
    assert answer[0] in (200, 201, 204), answer
    return answer


def make(name, *files):
    ok(hub.ask("POST", "/api/repos/create", TOKEN, {"name": name, "type": "dataset"}))
    ok(hub.ask("POST", f"/api/datasets/owner/{name}/commit/main", TOKEN, commit_body(*files), NDJSON))


@case("a condition that does not hold fetches no file that is not counted as a use")
def _():
    make("counted", small("a.txt", b"some bytes"))
    url = "/datasets/owner/counted/resolve/main/a.txt"
    etag = ok(hub.ask("HEAD", url))[1]["etag"]
    for condition, status in ((etag, 304), ("*", 304), ("x" + etag, 200)):
        assert hub.ask("GET", url, headers={"If-None-Match": condition})[0] == status, condition
    deadline = time.time() + 10
    while True:  # bytes are told each second
        uses = ok(hub.ask("GET", "/api/v1/datasets/owner/counted/uses", TOKEN))[2]["items"]
        if (uses and uses[0]["bytes"] > 0) or time.time() > deadline:
            break
        time.sleep(0.2)
    assert [(use["purpose"], use["files"], use["bytes"]) for use in uses] == [("download", 1, 10)], uses


@case("one batch does not ask for more signed URLs than memory is for")
def _():
    make("parts")
    objects = [{"oid": hashlib.sha256(b"%d" % i).hexdigest(), "size": 5 * 10**12} for i in range(1000)]
    status, _, answer = hub.ask("POST", "/datasets/owner/parts.git/info/lfs/objects/batch", TOKEN,
                                {"operation": "upload", "transfers": ["multipart"], "objects": objects})
    refused = [o["error"] for o in answer["objects"] if "error" in o]
    urls = sum(len(o["actions"]["upload"]["header"]) - 1 for o in answer["objects"] if "actions" in o)
    assert status == 200 and 0 < urls <= 60000 and len(refused) == 1000 - urls // 9314, (urls, len(refused))
    assert refused[0]["code"] == 413 and "60000 parts" in refused[0]["message"], refused[0]


@case("a commit does not read one card after another into memory")
def _():
    make("cards")
    lines = [small("README.md", b"---\nlicense: mit\n---\n") for _ in range(20)]
    status, _, answer = hub.ask("POST", "/api/datasets/owner/cards/commit/main", TOKEN, commit_body(*lines), NDJSON)
    assert status == 400 and "too often" in answer["error"], (status, answer)


@case("what was signed for a user is nothing any more once he is disabled, or has lost his role")
def _():
    ok(hub.ask("POST", "/api/repos/create", TOKEN, {"name": "shared", "type": "dataset", "private": True}))
    content = b"large" * 1000
    oid = hashlib.sha256(content).hexdigest()
    batch, one = "/datasets/owner/shared.git/info/lfs/objects/batch", [{"oid": oid, "size": len(content)}]
    hub.user("writer")
    writer = hub.token("writer")
    ok(hub.ask("PUT", "/api/v1/datasets/owner/shared/grants/writer", TOKEN, {"role": "write"}))

    def signed(operation):
        answer = ok(hub.ask("POST", batch, writer, {"operation": operation, "transfers": ["basic"], "objects": one}))[2]["objects"][0]
        return answer["actions"][operation]["href"][len(hub.url):]

    def xet():
        token = ok(hub.ask("GET", "/api/datasets/owner/shared/xet-write-token/main", writer))[2]["accessToken"]
        return hub.ask("POST", "/cas/v1/shards", token, b"x")[0]

    put = signed("upload")
    ok(hub.ask("PUT", put, body=content))
    get = signed("download")
    assert ok(hub.ask("GET", get))[2] == content and xet() == 400
    ok(hub.ask("PUT", "/api/v1/datasets/owner/shared/grants/writer", TOKEN, {"role": "read"}))
    assert hub.ask("PUT", put, body=content)[0] == 403
    ok(hub.ask("GET", get))
    ok(hub.ask("PUT", "/api/v1/datasets/owner/shared/grants/writer", TOKEN, {"role": "write"}))
    token = ok(hub.ask("GET", "/api/datasets/owner/shared/xet-write-token/main", writer))[2]["accessToken"]
    ok(hub.ask("PUT", "/api/v1/users/writer/disabled", ADMIN, {"is_disabled": True}))
    assert [hub.ask("PUT", put, body=content)[0], hub.ask("GET", get)[0], hub.ask("POST", "/cas/v1/shards", token, b"x")[0]] == [403] * 3


@case("an erasure order takes the statistics that were kept of the data too: they quote it")
def _():
    make("erased", small("a.csv", b"name,n\n" + b"a very private name,1\n" * 50))
    assert "a very private name" in json.dumps(ok(hub.ask("GET", "/api/v1/datasets/owner/erased/statistics"))[2])

    def kept():
        return [name for folder, _, names in os.walk(os.path.join(hub.data, "kept")) for name in names
                if b"a very private name" in open(os.path.join(folder, name), "rb").read()]

    assert len(kept()) == 1, kept()
    ok(hub.ask("POST", "/api/v1/datasets/owner/erased/erasure", ADMIN, {"reason": "asked for"}))
    assert kept() == []


@case("a dataset does not move to an account whose quota has no room for it")
def _():
    make("heavy", small("a.bin", b"x" * 5000))
    hub.organisation("small", owner="admin")
    ok(hub.ask("PUT", "/api/v1/accounts/small/quota", ADMIN, {"size_bytes_max": 4000}))
    move = {"fromRepo": "owner/heavy", "toRepo": "small/heavy", "type": "dataset"}
    status, _, answer = hub.ask("POST", "/api/repos/move", TOKEN, move)
    assert status == 413 and "may hold 4000 bytes" in answer["error"], (status, answer)
    assert ok(hub.ask("GET", "/api/v1/accounts/small/quota", TOKEN))[2]["size_bytes"] == 0
    ok(hub.ask("PUT", "/api/v1/accounts/small/quota", ADMIN, {"size_bytes_max": 5000}))
    ok(hub.ask("POST", "/api/repos/move", TOKEN, move))
    assert ok(hub.ask("GET", "/api/v1/accounts/small/quota", TOKEN))[2]["size_bytes"] == 5000


@case("verdicts that were committed before their MANIFEST are guarded, in that version too, as soon as it is there")
def _():
    make("late", small("verdicts/a.csv", b"text\nwhat was removed\n"), small("data/a.csv", b"text\nwhat was kept\n"))
    early = ok(hub.ask("GET", "/api/datasets/owner/late"))[2]["sha"]
    oid = hashlib.sha256(b"text\nwhat was removed\n").hexdigest()

    def by_hash(token=None):
        batch = {"operation": "download", "objects": [{"oid": oid, "size": 22}]}
        return "actions" in ok(hub.ask("POST", "/datasets/owner/late.git/info/lfs/objects/batch", token, batch))[2]["objects"][0]

    assert by_hash()
    ok(hub.ask("POST", "/api/datasets/owner/late/commit/main", TOKEN, commit_body(small("MANIFEST", b"schema: 1\n")), NDJSON))
    assert by_hash(TOKEN) and not by_hash()
    for revision in ("main", early):
        assert hub.ask("GET", f"/datasets/owner/late/resolve/{revision}/verdicts/a.csv")[0] == 404
        assert hub.ask("GET", f"/api/datasets/owner/late/tree/{revision}/verdicts")[0] == 404
        tree = ok(hub.ask("GET", f"/api/datasets/owner/late/tree/{revision}?recursive=true"))[2]
        assert not any("verdicts" in entry["path"] for entry in tree), tree
        siblings = ok(hub.ask("GET", f"/api/datasets/owner/late/revision/{revision}"))[2]["siblings"]
        assert not any("verdicts" in sibling["rfilename"] for sibling in siblings), siblings
        rows = ok(hub.ask("GET", f"/api/v1/datasets/owner/late/rows?revision={revision}"))[2]["rows"]
        assert [row["row"]["text"] for row in rows] == ["what was kept"], rows
        assert ok(hub.ask("GET", f"/datasets/owner/late/resolve/{revision}/verdicts/a.csv", TOKEN))[2] == b"text\nwhat was removed\n"


@case("a condition on rows reads no other file, and is not told where the hub's data lies")
def _():
    make("asked", small("a.csv", b"n\n1\n"))
    for where in ("error(CAST(current_setting('allowed_paths') AS VARCHAR)) = 1", f"(SELECT count(*) FROM read_csv('{hub.data}/objects/*/*')) > 0",
                  f"(SELECT content FROM read_text('{hub.data}/hub.sqlite')) = ''", "(SELECT count(*) FROM glob('/etc/*')) > 0"):
        status, _, answer = hub.ask("GET", "/api/v1/datasets/owner/asked/rows?where=" + urllib.parse.quote(where))
        assert status == 422 and os.path.realpath(hub.data) not in answer["detail"], (where, status, answer)


hub.stop()
finish()
