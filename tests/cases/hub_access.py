"""Who may do what, through HTTP, a row a case; possession of objects; commits at once on one branch; tokens that end."""
import hashlib, json, os, random, threading, time, urllib.parse
from _case import case, ciyuan, finish
from _hub import NDJSON, Hub, commit_body, small

hub = Hub()
for name in ("owner", "reader", "auditor", "writer", "keeper", "other", "accepted"):
    hub.user(name)
hub.user("chief", "--admin")
hub.user("guest")
hub.organisation("press", owner="admin", reader="read", auditor="see-removed", writer="write", keeper="admin")
T = {name: hub.token(name) for name in ("owner", "reader", "auditor", "writer", "keeper", "other", "accepted", "chief")}
for name in ("reader", "keeper", "chief"):  # the same people at the page: a session does what its user may
    ciyuan("user", "password", name, "--data", hub.data, input=f"the password of {name}\n")
    _, answered, session = hub.ask("POST", "/api/v1/session", body={"name": name, "password": f"the password of {name}"})
    T[name + "_at_the_page"] = {"Cookie": answered["set-cookie"].partition(";")[0], "X-CSRF-Token": session["csrf"], "Origin": hub.url}
    T[name + "_elsewhere"] = {"Cookie": answered["set-cookie"].partition(";")[0]}  # what another site can make the browser send
T.update(nobody=None, wrong="cy_" + "0" * 40)
READ_ONLY, ADMIN = hub.token("keeper", "read"), hub.token("chief", "admin")


def ask(who, method, path, body=None, headers=None):
    """As hub.ask, by whoever it is: with a token, or a session."""
    if isinstance(T[who], dict):
        return hub.ask(method, path, None, body, {**T[who], **(headers or {})})
    return hub.ask(method, path, T[who], body, headers)


def ok(status, what=""):
    assert status[0] in (200, 201, 204), f"{what} {status[0]} {status[2]}"
    return status


def make(name, private=False, gated=False):
    ok(hub.ask("POST", "/api/repos/create", T["owner"], {"name": name, "organization": "press", "type": "dataset", "private": private}))
    repo = "press/" + name
    ok(hub.ask("POST", f"/api/datasets/{repo}/commit/main", T["owner"],
               commit_body(small("MANIFEST", b"schema: 1\n"), small("data/a.txt", b"kept"), small("verdicts/v.txt", b"removed")), NDJSON))
    if gated:
        ok(hub.ask("PUT", f"/api/datasets/{repo}/settings", T["owner"], {"gated": "manual"}))
        if not private:
            ok(hub.ask("POST", f"/api/datasets/{repo}/user-access-request/grant", T["owner"], {"user": "accepted"}))
    return repo


REPOSITORIES = {"public": make("public"), "gated": make("gated", gated=True), "private": make("private", private=True),
                "private_gated": make("private-gated", private=True, gated=True)}

# What each may do: s sees it, r reads files, v sees removed text, w writes, a administers. As src/hub/access.h says.
ROWS = {
    #            public   gated    private  private and gated
    "nobody":   ("sr",    "s",     "",      ""),
    "other":    ("sr",    "s",     "",      ""),
    "accepted": ("sr",    "sr",    "",      ""),
    "reader":   ("sr",    "sr",    "sr",    "sr"),
    "auditor":  ("srv",   "srv",   "srv",   "srv"),
    "writer":   ("srvw",  "srvw",  "srvw",  "srvw"),
    "keeper":   ("srvwa", "srvwa", "srvwa", "srvwa"),
    "chief":    ("sr",    "s",     "",      ""),  # an admin of the server whose token has not that scope
    "reader_at_the_page": ("sr", "sr", "sr", "sr"),
    "keeper_at_the_page": ("srvwa", "srvwa", "srvwa", "srvwa"),
    "chief_at_the_page":  ("srvwa", "srvwa", "srvwa", "srvwa"),
}


def verbs(repo, who):
    """(letter, method, path, body, headers) of every kind of request; the letter is what it needs."""
    api, page = f"/api/datasets/{repo}", f"/datasets/{repo}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    lfs = {"objects": [{"oid": hashlib.sha256(b"kept").hexdigest(), "size": 4}], "transfers": ["basic"]}
    yield from (("s", "GET", api, None, None), ("s", "GET", api + "/revision/main", None, None), ("s", "GET", api + "/tree/main", None, None),
                ("s", "GET", api + "/tree/main/data", None, None), ("s", "GET", api + "/commits/main", None, None), ("s", "GET", api + "/refs", None, None),
                ("s", "POST", api + "/paths-info/main", "paths=data", form))
    yield from (("r", "GET", page + "/resolve/main/data/a.txt", None, None), ("r", "HEAD", page + "/resolve/main/data/a.txt", None, None),
                ("r", "GET", api + "/auth-check", None, None), ("r", "POST", page + ".git/info/lfs/objects/batch", {"operation": "download", **lfs}, None))
    yield "v", "GET", page + "/resolve/main/verdicts/v.txt", None, None
    yield from (("w", "GET", api + "/auth-check/write", None, None), ("w", "POST", api + "/preupload/main", {"files": [{"path": "a", "size": 1, "sample": ""}]}, None),
                ("w", "POST", api + "/commit/main", commit_body(small(f"by/{who}", b"x")), NDJSON),
                ("w", "POST", page + ".git/info/lfs/objects/batch", {"operation": "upload", **lfs}, None),
                ("w", "POST", api + f"/tag/main", {"tag": f"t-{who}"}, None), ("w", "DELETE", api + f"/tag/t-{who}", None, None),
                ("w", "POST", api + f"/branch/b-{who}", {}, None), ("w", "DELETE", api + f"/branch/b-{who}", None, None))
    yield from (("a", "PUT", api + "/settings", {}, None), ("a", "GET", api + "/user-access-request/pending", None, None))
    ours = f"/api/v1/datasets/{repo}"
    yield from (("s", "GET", ours + "/parties", None, None), ("s", "GET", ours + "/runs", None, None), ("a", "GET", ours + "/grants", None, None),
                ("a", "PUT", ours + "/grants/guest", {"role": "read"}, None), ("a", "DELETE", ours + "/grants/guest", None, None))


def expected(letter, allowed, who, kind):
    """The status that an answer must have, and its X-Error-Code."""
    nobody = T[who] is None
    if letter in allowed:
        return 200, None
    if "s" not in allowed:
        return (401 if nobody else 404), "RepoNotFound"
    if letter in "rv" and "r" not in allowed:
        return (401 if nobody else 403), "GatedRepo"
    if letter == "v":
        return 404, "EntryNotFound"  # what one may not see is not there
    return (401 if nobody else 403), None


for who, row in ROWS.items():
    for kind, allowed in zip(REPOSITORIES, row):
        @case(f"{who} may do with a {kind.replace('_', ' and ')} repository exactly: {allowed or 'nothing'}")
        def _():
            for letter, method, path, body, headers in verbs(REPOSITORIES[kind], who):
                status, answered, content = ask(who, method, path, body, headers)
                want, code = expected(letter, allowed, who, kind)
                if letter == "a" and "user-access-request" in path and "a" in allowed and "gated" not in kind:
                    want, code = 400, None
                assert status == want or (want == 200 and status == 204), f"{method} {path}: {status}, not {want}: {content}"
                assert answered.get("x-error-code") == code, f"{method} {path}: X-Error-Code {answered.get('x-error-code')}, not {code}"
                if status >= 400 and path.startswith("/api/v1/"):
                    assert content["detail"] and content["status"] == status, "a problem document says what is wrong"
                elif status >= 400 and method != "HEAD":
                    assert content["error"] and answered["x-error-message"], "an error says what is wrong"


@case("what another site makes a browser send with a session reads what the session reads, and changes nothing")
def _():
    for kind, repo in REPOSITORIES.items():
        before = ok(hub.ask("GET", f"/api/datasets/{repo}/commits/main", T["owner"]))[2]
        for letter, method, path, body, headers in verbs(repo, "keeper_elsewhere"):
            status, _, content = ask("keeper_elsewhere", method, path, body, headers)
            is_read = method in ("GET", "HEAD")
            assert (status < 400 or (kind in ("public", "private") and "user-access" in path)) if is_read else status == 403, (method, path, status, content)
        assert ok(hub.ask("GET", f"/api/datasets/{repo}/commits/main", T["owner"]))[2] == before


@case("what belongs to a user, an organisation or the server is changed by whom it belongs to alone")
def _():
    # (method, path, body) and who may; the others get 401 (nobody) or 403
    everybody = ("nobody", "other", "reader", "keeper", "chief", "reader_at_the_page", "keeper_at_the_page", "chief_at_the_page", "admin")
    T["admin"] = ADMIN
    rows = (("GET", "/api/v1/users/reader/tokens", None, {"reader", "reader_at_the_page", "chief_at_the_page", "admin"}),
            ("POST", "/api/v1/users/reader/tokens", {"name": "n", "scope": "read"}, {"reader", "reader_at_the_page", "chief_at_the_page", "admin"}),
            ("POST", "/api/v1/users/reader/reset", None, {"chief_at_the_page", "admin"}),
            ("PUT", "/api/v1/users/other/disabled", {"is_disabled": False}, {"chief_at_the_page", "admin"}),
            ("POST", "/api/v1/users", {"name": "again"}, {"chief_at_the_page", "admin"}),
            ("GET", "/api/v1/tokens", None, set(everybody) - {"nobody"}), ("GET", "/api/v1/sessions", None, set(everybody) - {"nobody"}),
            ("PUT", "/api/v1/organisations/press/members/guest", {"role": "read"}, {"keeper", "keeper_at_the_page", "chief_at_the_page", "admin"}),
            ("DELETE", "/api/v1/organisations/press/members/guest", None, {"keeper", "keeper_at_the_page", "chief_at_the_page", "admin"}),
            ("GET", "/api/v1/accounts/press/quota", None, {"keeper", "keeper_at_the_page", "chief_at_the_page", "admin"}),
            ("PUT", "/api/v1/accounts/press/quota", {"size_bytes_max": None}, {"chief_at_the_page", "admin"}),
            ("GET", "/api/v1/audit", None, {"chief_at_the_page", "admin"}), ("GET", "/api/v1/audit/verify", None, {"chief_at_the_page", "admin"}))
    for method, path, body, allowed in rows:
        for who in everybody:
            status, _, content = ask(who, method, path, body)
            if who in allowed:
                assert status in (200, 201, 204, 409), (method, path, who, status, content)
            else:
                assert status == (401 if who == "nobody" else 403), (method, path, who, status, content)


@case("what was removed stands in no list of somebody who may not see it")
def _():
    for who, seen in (("nobody", False), ("reader", False), ("auditor", True)):
        repo = REPOSITORIES["public"]
        files = [s["rfilename"] for s in ok(hub.ask("GET", f"/api/datasets/{repo}", T[who]))[2]["siblings"]]
        tree = [e["path"] for e in ok(hub.ask("GET", f"/api/datasets/{repo}/tree/main?recursive=true", T[who]))[2]]
        assert ("verdicts/v.txt" in files) == seen and ("verdicts/v.txt" in tree) == seen and ("verdicts" in tree) == seen, (who, files, tree)
        assert hub.ask("GET", f"/api/datasets/{repo}/tree/main/verdicts", T[who])[0] == (200 if seen else 404)
        oid = hashlib.sha256(b"removed").hexdigest()
        batch = ok(hub.ask("POST", f"/datasets/{repo}.git/info/lfs/objects/batch", T[who],
                           {"operation": "download", "objects": [{"oid": oid, "size": 7}]}))[2]["objects"][0]
        assert ("actions" in batch) == seen, batch


@case("a list holds a private repository only for those who may see it")
def _():
    for who, row in ROWS.items():
        ids = {d["id"] for d in ok(ask(who, "GET", "/api/datasets?author=press"))[2]}
        assert ids == {REPOSITORIES[kind] for kind, allowed in zip(REPOSITORIES, row) if allowed}, (who, ids)


@case("a token does no more than its scope: one for reading writes nothing, an admin's reaches everything")
def _():
    repo = REPOSITORIES["private"]
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", READ_ONLY)[0] == 200
    assert hub.ask("POST", f"/api/datasets/{repo}/commit/main", READ_ONLY, commit_body(small("x", b"x")), NDJSON)[0] == 403
    assert hub.ask("PUT", f"/api/datasets/{repo}/settings", READ_ONLY, {"gated": "auto"})[0] == 403
    assert hub.ask("POST", "/api/repos/create", READ_ONLY, {"name": "n", "organization": "press", "type": "dataset"})[0] == 403
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/verdicts/v.txt", ADMIN)[0] == 200
    assert hub.ask("POST", "/api/v1/users", T["chief"], {"name": "x1"})[0] == 403
    assert hub.ask("POST", "/api/v1/users", ADMIN, {"name": "x1"})[0] == 201


@case("a wrong token is refused whatever is asked, and a revoked one from the next request on")
def _():
    repo = REPOSITORIES["public"]
    status, headers, _ = hub.ask("GET", f"/api/datasets/{repo}", T["wrong"])
    assert status == 401 and headers["x-error-message"] == "Invalid credentials in Authorization header" and "x-error-code" not in headers
    token = hub.token("reader")
    assert hub.ask("GET", "/api/whoami-v2", token)[0] == 200
    newest = ciyuan("token", "list", "--user", "reader", "--data", hub.data)[0].split()[0]
    ciyuan("token", "revoke", newest, "--user", "reader", "--data", hub.data)
    assert hub.ask("GET", "/api/whoami-v2", token)[0] == 401
    again = hub.token("other")
    ciyuan("user", "disable", "other", "--data", hub.data)
    assert hub.ask("GET", "/api/whoami-v2", again)[0] == 401
    ciyuan("user", "enable", "other", "--data", hub.data)
    assert hub.ask("GET", "/api/whoami-v2", again)[0] == 200


@case("a role that is taken away ends at once")
def _():
    repo = REPOSITORIES["private"]
    ciyuan("org", "member", "press", "reader", "--remove", "--data", hub.data)
    assert hub.ask("GET", f"/api/datasets/{repo}", T["reader"])[0] == 404
    ciyuan("org", "member", "press", "reader", "--role", "read", "--data", hub.data)
    assert hub.ask("GET", f"/api/datasets/{repo}", T["reader"])[0] == 200


# ---- possession ----

def upload(repo, token, content, transfers=("basic",)):
    oid = hashlib.sha256(content).hexdigest()
    batch = ok(hub.ask("POST", f"/datasets/{repo}.git/info/lfs/objects/batch", token,
                       {"operation": "upload", "transfers": list(transfers), "objects": [{"oid": oid, "size": len(content)}]}))[2]
    return oid, batch["objects"][0]


def lfs_line(path, oid, size=None):
    return "lfsFile", {"path": path, "algo": "sha256", "oid": oid, **({"size": size} if size is not None else {})}


ok(hub.ask("POST", "/api/repos/create", T["other"], {"name": "mine", "type": "dataset"}))
SECRET = random.randbytes(5000)
SECRET_OID, action = upload(REPOSITORIES["private"], T["writer"], SECRET)
ok(hub.ask("PUT", action["actions"]["upload"]["href"], body=SECRET))
ok(hub.ask("POST", f"/api/datasets/{REPOSITORIES['private']}/commit/main", T["writer"], commit_body(lfs_line("s.bin", SECRET_OID, 5000)), NDJSON))


@case("who knows a hash gets nothing by it: not by a commit, not by a download, not by a batch that says it is here")
def _():
    status, _, content = hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(lfs_line("s.bin", SECRET_OID, 5000)), NDJSON)
    assert status == 400 and "was not uploaded to this repository" in content["error"], content
    batch = ok(hub.ask("POST", "/datasets/other/mine.git/info/lfs/objects/batch", T["other"],
                       {"operation": "download", "objects": [{"oid": SECRET_OID, "size": 5000}]}))[2]
    assert batch["objects"][0]["error"]["code"] == 404, batch
    oid, again = upload("other/mine", T["other"], SECRET)
    assert "upload" in again["actions"], "he must send the bytes himself"
    assert hub.ask("PUT", again["actions"]["upload"]["href"], body=SECRET[:-1] + b"x")[0] == 422
    assert hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(lfs_line("s.bin", SECRET_OID)), NDJSON)[0] == 400
    ok(hub.ask("PUT", again["actions"]["upload"]["href"], body=SECRET))
    ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(lfs_line("s.bin", SECRET_OID)), NDJSON))
    assert ok(hub.ask("GET", "/datasets/other/mine/resolve/main/s.bin"))[2] == SECRET


@case("a small file's hash opens nothing either")
def _():
    oid = hashlib.sha256(b"kept").hexdigest()
    assert hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(lfs_line("k", oid, 4)), NDJSON)[0] == 400


@case("a signed URL is good for its own path and method alone, and its end is part of it")
def _():
    content = random.randbytes(100)
    oid, answer = upload("other/mine", T["other"], content)
    url = answer["actions"]["upload"]["href"]
    other = hashlib.sha256(b"y").hexdigest()
    assert hub.ask("PUT", url.replace(oid, other), body=b"y" * 100)[0] == 403
    assert hub.ask("POST", url, body=content)[0] == 403
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    query["exp"] = str(int(query["exp"]) + 1)
    assert hub.ask("PUT", parts.path + "?" + urllib.parse.urlencode(query), body=content)[0] == 403
    assert hub.ask("PUT", parts.path, T["other"], body=content)[0] == 403
    assert hub.ask("PUT", url, body=content + b"more")[0] in (413, 422)
    ok(hub.ask("PUT", url, body=content))


@case("parts of a large file are put together only when all are there, each of its size, and they are the bytes of the hash")
def _():
    content = random.randbytes(20 << 20)
    oid, answer = upload("other/mine", T["other"], content, ("multipart",))
    header = answer["actions"]["upload"]["header"]
    size = int(header["chunk_size"])
    urls = [header[key] for key in sorted(header) if key.isdigit()]
    assert len(urls) == -(-len(content) // size), header
    assert hub.ask("PUT", urls[0], body=content[:size - 1])[0] == 422
    complete = answer["actions"]["upload"]["href"]
    for i, url in enumerate(urls[:-1]):
        assert ok(hub.ask("PUT", url, body=content[i * size:(i + 1) * size]))[1]["etag"]
    assert hub.ask("POST", complete, body={"oid": oid, "parts": []})[0] == 422
    last = bytearray(content[(len(urls) - 1) * size:])
    last[0] ^= 1
    ok(hub.ask("PUT", urls[-1], body=bytes(last)))
    assert hub.ask("POST", complete, body={"oid": oid, "parts": []})[0] == 422, "they are not the bytes of the hash"
    last[0] ^= 1
    ok(hub.ask("PUT", urls[-1], body=bytes(last)))
    ok(hub.ask("POST", complete, body={"oid": oid, "parts": []}))
    ok(hub.ask("POST", "/datasets/other/mine.git/info/lfs/objects/verify", T["other"], {"oid": oid, "size": len(content)}))
    assert hub.ask("POST", "/datasets/other/mine.git/info/lfs/objects/verify", T["other"], {"oid": oid, "size": 1})[0] == 404
    download = ok(hub.ask("POST", "/datasets/other/mine.git/info/lfs/objects/batch", T["other"],
                          {"operation": "download", "objects": [{"oid": oid, "size": len(content)}]}))[2]["objects"][0]
    assert ok(hub.ask("GET", download["actions"]["download"]["href"]))[2] == content


# ---- commits at once ----

def at_once(bodies):
    answers, gate = [], threading.Barrier(len(bodies))

    def run(body):
        gate.wait()
        answers.append(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], body, NDJSON))
    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return answers


@case("of commits at once with one parent, one wins and the others are told 412; without a parent all are there")
def _():
    for i in range(5):
        head = ok(hub.ask("GET", "/api/datasets/other/mine"))[2]["sha"]
        answers = at_once([commit_body(small(f"p{i}/{j}", b"%d" % j), parent=head) for j in range(4)])
        assert sorted(a[0] for a in answers) == [200, 412, 412, 412], [a[0] for a in answers]
        answers = at_once([commit_body(small(f"q{i}/{j}", b"%d" % j)) for j in range(4)])
        assert [a[0] for a in answers] == [200] * 4
    files = {e["path"] for e in ok(hub.ask("GET", "/api/datasets/other/mine/tree/main?recursive=true"))[2] if e["type"] == "file"}
    assert {f"q{i}/{j}" for i in range(5) for j in range(4)} <= files
    assert len([f for f in files if f[0] == "p"]) == 5, files
    assert len(ok(hub.ask("GET", "/api/datasets/other/mine/commits/main?limit=1000"))[2]) == 1 + 1 + 5 * 5


@case("a commit that is sent again makes no second version")
def _():
    body = commit_body(small("again", b"1"))
    first = ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], body, NDJSON))[2]["commitOid"]
    assert ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], body, NDJSON))[2]["commitOid"] == first


@case("a broken commit changes nothing and says where it is broken")
def _():
    head = ok(hub.ask("GET", "/api/datasets/other/mine"))[2]["sha"]
    rows = ((b"{", "line 1"), (commit_body(small("ok", b"1"), ("file", {"path": "b", "content": "***", "encoding": "base64"})), "base64"),
            (commit_body(small("ok", b"1"), small("../x", b"1")), "no names"), (commit_body(small("ok", b"1"), ("nothing", {})), "key"),
            (commit_body(small("ok", b"1"), small("README.md", b"---\na: [1\n---\n")), "README.md:"),
            (commit_body(lfs_line("x", "zz")), "oid"), (commit_body(small("again/x", b"1")), "it is a file"))
    for body, words in rows:
        status, _, content = hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], body, NDJSON)
        assert status == 400 and words in content["error"], (body, status, content)
    assert ok(hub.ask("GET", "/api/datasets/other/mine"))[2]["sha"] == head
    status, headers, _ = hub.ask("POST", "/api/datasets/other/mine/commit/nope", T["other"], commit_body(small("a", b"1")), NDJSON)
    assert (status, headers["x-error-code"]) == (404, "RevisionNotFound")


@case("a folder is listed page by page, and every page is of the same version")
def _():
    lines = [small(f"many/{i:04}", b"%d" % i) for i in range(250)]
    ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(*lines), NDJSON))
    path, seen = "/api/datasets/other/mine/tree/main/many?limit=100", []
    while path:
        _, headers, entries = ok(hub.ask("GET", path))
        seen += [e["path"] for e in entries]
        if len(seen) == 100:
            ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(small("many/0000a", b"new")), NDJSON))
        path = headers.get("link", "").partition("<")[2].partition(">")[0]
    assert seen == [f"many/{i:04}" for i in range(250)], len(seen)


@case("access requests: asked, listed, accepted, rejected; only the owner answers them")
def _():
    repo, user = REPOSITORIES["gated"], T["other"]
    base = f"/api/datasets/{repo}/user-access-request"
    assert hub.ask("POST", f"/datasets/{repo}/ask-access")[0] == 401
    ok(hub.ask("POST", f"/datasets/{repo}/ask-access", user, {"why": "a study"}))
    pending = ok(hub.ask("GET", base + "/pending", T["keeper"]))[2]
    assert [(r["user"]["user"], r["status"], r["fields"]) for r in pending] == [("other", "pending", {"why": "a study"})], pending
    assert hub.ask("POST", base + "/handle", user, {"user": "other", "status": "accepted"})[0] == 403
    assert hub.ask("POST", base + "/handle", T["keeper"], {"user": "nobody1", "status": "accepted"})[0] == 404
    ok(hub.ask("POST", base + "/handle", T["keeper"], {"user": "other", "status": "accepted"}))
    assert hub.ask("POST", base + "/handle", T["keeper"], {"user": "other", "status": "accepted"})[0] == 404
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", user)[0] == 200
    ok(hub.ask("POST", base + "/handle", T["keeper"], {"requestId": pending[0]["requestId"], "status": "rejected", "rejectionReason": "no"}))
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", user)[0] == 403
    assert hub.ask("POST", base + "/grant", T["keeper"], {"user": "accepted"})[0] == 400
    assert hub.ask("POST", f"/api/datasets/{REPOSITORIES['public']}/user-access-request/grant", T["keeper"], {"user": "other"})[0] == 400
    ok(hub.ask("PUT", f"/api/datasets/{repo}/settings", T["keeper"], {"gated": "auto"}))
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", T["chief"])[0] == 403
    assert ok(hub.ask("POST", f"/datasets/{repo}/ask-access", T["chief"]))[2]["status"] == "accepted"
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", T["chief"])[0] == 200


@case("a gated dataset's form, which its card asks for, must be filled in")
def _():
    ok(hub.ask("POST", "/api/repos/create", T["owner"], {"name": "form", "organization": "press", "type": "dataset"}))
    card = """---
extra_gated_prompt: You agree to the terms.
extra_gated_fields:
  Company: text
  Country: {type: select, options: [Norway, {label: other, value: other}]}
  I agree: checkbox
---
"""
    ok(hub.ask("POST", "/api/datasets/press/form/commit/main", T["owner"], commit_body(small("README.md", card.encode())), NDJSON))
    ok(hub.ask("PUT", "/api/datasets/press/form/settings", T["owner"], {"gated": "auto"}))
    good = {"Company": "词元", "Country": "other", "I agree": True}
    for wrong, name in ((None, "Company"), ({**good, "Company": ""}, "Company"), ({**good, "Country": "Mars"}, "Country"), ({**good, "I agree": "yes"}, "I agree")):
        status, _, content = hub.ask("POST", "/datasets/press/form/ask-access", T["other"], wrong)
        assert status == 400 and f'"{name}"' in content["error"], (wrong, status, content)
    ok(hub.ask("POST", "/datasets/press/form/ask-access", T["other"], good))
    accepted = ok(hub.ask("GET", "/api/datasets/press/form/user-access-request/accepted", T["owner"]))[2]
    assert accepted[0]["fields"] == good, accepted


@case("a grant lets one user in, as far as it says, until it is taken back")
def _():
    repo, grant = REPOSITORIES["private"], f"/api/v1/datasets/{REPOSITORIES['private']}/grants/other"
    assert hub.ask("PUT", grant, T["writer"], {"role": "read"})[0] == 403
    ok(hub.ask("PUT", grant, T["keeper"], {"role": "read"}))
    assert hub.ask("GET", f"/datasets/{repo}/resolve/main/data/a.txt", T["other"])[0] == 200
    assert hub.ask("POST", f"/api/datasets/{repo}/commit/main", T["other"], commit_body(small("x", b"x")), NDJSON)[0] == 403
    assert ok(hub.ask("GET", f"/api/v1/datasets/{repo}/grants", T["keeper"]))[2]["items"] == [{"name": "other", "role": "read"}]
    ok(hub.ask("DELETE", grant, T["keeper"]))
    assert hub.ask("GET", f"/api/datasets/{repo}", T["other"])[0] == 404


@case("a party is confirmed by an admin of its organisation alone")
def _():
    path = "/api/v1/datasets/other/mine/parties/press"
    assert hub.ask("PUT", path, T["other"])[0] == 403 and hub.ask("PUT", path, T["writer"])[0] == 403
    ok(hub.ask("PUT", path, T["keeper"]))
    items = ok(hub.ask("GET", "/api/v1/datasets/other/mine/parties"))[2]["items"]
    assert [(i["party"], i["organisation"]) for i in items] == [("press", "press")]
    ok(hub.ask("DELETE", path, T["keeper"]))
    assert ok(hub.ask("GET", "/api/v1/datasets/other/mine/parties"))[2]["items"] == []


@case("parties that a version's build report counts are listed as unverified until their organisation confirms")
def _():
    report = {"parties": [{"name": "", "kept": 5}, {"name": "Press", "kept": 3}, {"name": "elsewhere", "kept": 2}, {"name": 7}, "x"]}
    list_of = lambda query="": ok(hub.ask("GET", "/api/v1/datasets/other/mine/parties" + query))[2]["items"]
    for broken in (b"{", b'{"parties": 7}', b"[]"):
        ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(small("build.json", broken)), NDJSON))
        assert list_of() == []
    before = ok(hub.ask("GET", "/api/datasets/other/mine"))[2]["sha"]
    ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(small("build.json", json.dumps(report).encode())), NDJSON))
    assert list_of() == [{"party": "Press", "kept": 3, "is_confirmed": False}, {"party": "elsewhere", "kept": 2, "is_confirmed": False}], list_of()
    ok(hub.ask("PUT", "/api/v1/datasets/other/mine/parties/press", T["keeper"]))
    items = list_of()
    assert [(i["party"], i["is_confirmed"], i.get("organisation")) for i in items] == [("Press", True, "press"), ("elsewhere", False, None)], items
    assert [(i["party"], i["kept"], i["is_confirmed"]) for i in list_of("?revision=" + before)] == [("press", 0, True)], "that version does not name it"
    assert hub.ask("GET", "/api/v1/datasets/other/mine/parties?revision=none")[0] == 404
    ok(hub.ask("DELETE", "/api/v1/datasets/other/mine/parties/press", T["keeper"]))


@case("a like at the page needs a login and a dataset that one may see, and is taken back")
def _():
    path, likes = "/api/v1/datasets/{}/like", lambda repo: ok(hub.ask("GET", f"/api/datasets/{repo}", T["owner"]))[2]["likes"]
    repo = REPOSITORIES["gated"]
    before = likes(repo)
    assert hub.ask("POST", path.format(repo))[0] == 401 and hub.ask("POST", path.format(repo), READ_ONLY)[0] == 403
    assert hub.ask("POST", path.format(REPOSITORIES["private"]), T["other"])[0] == 404
    for method, count in (("POST", 1), ("POST", 1), ("DELETE", 0), ("DELETE", 0)):
        ok(ask("reader_at_the_page", method, path.format(repo)))
        time.sleep(1.1)  # what an answer in memory may be old
        assert likes(repo) == before + count, (method, likes(repo))


@case("likes are counted once a user, and listed for those who may see the dataset")
def _():
    for _ in range(2):
        ok(hub.ask("POST", f"/api/datasets/{REPOSITORIES['private']}/like", T["writer"]))
        ok(hub.ask("POST", "/api/datasets/other/mine/like", T["writer"]))
    assert hub.ask("POST", "/api/datasets/other/mine/like")[0] == 401
    names = lambda who: {like["repo"]["name"] for like in ok(hub.ask("GET", "/api/users/writer/likes", T[who]))[2]}
    assert names("writer") == {"other/mine", REPOSITORIES["private"]} and names("other") == names("nobody") == {"other/mine"}
    ok(hub.ask("DELETE", "/api/datasets/other/mine/like", T["writer"]))
    assert names("writer") == {REPOSITORIES["private"]}
    assert ok(hub.ask("GET", f"/api/datasets/{REPOSITORIES['private']}", T["writer"]))[2]["likes"] == 1


@case("a quota refuses what goes beyond it, by commit and by large file, and names itself")
def _():
    assert hub.ask("PUT", "/api/v1/accounts/chief/quota", T["chief"], {"size_bytes_max": 5})[0] == 403
    ok(hub.ask("POST", "/api/repos/create", T["chief"], {"name": "small", "type": "dataset"}))
    ciyuan("org", "quota", "chief", "--size", "1000", "--data", hub.data)
    ok(hub.ask("POST", "/api/datasets/chief/small/commit/main", T["chief"], commit_body(small("a", b"a" * 600)), NDJSON))
    status, _, content = hub.ask("POST", "/api/datasets/chief/small/commit/main", T["chief"], commit_body(small("b", b"b" * 600)), NDJSON)
    assert status == 413 and "1000" in content["error"] and "1200" in content["error"], content
    assert upload("chief/small", T["chief"], b"c" * 600)[1]["error"]["code"] == 413
    assert "actions" in upload("chief/small", T["chief"], b"c" * 300)[1]
    assert ok(hub.ask("GET", "/api/v1/accounts/chief/quota", T["chief"]))[2] == {"size_bytes": 600, "size_bytes_max": 1000}
    assert "holds 600 B of 1.0 kB" in ciyuan("org", "quota", "chief", "--data", hub.data)[0]
    ciyuan("org", "quota", "chief", "--no-limit", "--data", hub.data)
    held = lambda account: ok(hub.ask("GET", f"/api/v1/accounts/{account}/quota", ADMIN))[2]["size_bytes"]
    before = held("press")
    ciyuan("org", "member", "press", "chief", "--role", "admin", "--data", hub.data)
    ok(hub.ask("POST", "/api/repos/move", T["chief"], {"fromRepo": "chief/small", "toRepo": "press/small", "type": "dataset"}))
    assert (held("chief"), held("press")) == (0, before + 600), "what moves counts where it is"
    ok(hub.ask("POST", "/api/repos/move", T["chief"], {"fromRepo": "press/small", "toRepo": "chief/small", "type": "dataset"}))
    ciyuan("org", "member", "press", "chief", "--remove", "--data", hub.data)
    ok(hub.ask("POST", "/api/datasets/chief/small/commit/main", T["chief"], commit_body(small("b", b"b" * 600)), NDJSON))


@case("an erasure order removes a dataset's bytes at once, not those that another holds, and a tombstone says why")
def _():
    content = random.randbytes(3000)
    for name in ("gone", "stays"):
        ok(hub.ask("POST", "/api/repos/create", T["other"], {"name": name, "type": "dataset"}))
        ok(hub.ask("POST", f"/api/datasets/other/{name}/commit/main", T["other"],
                   commit_body(small("same", content), small(name, name.encode() * 500)), NDJSON))
    order = "/api/v1/datasets/other/gone/erasure"
    assert hub.ask("POST", order, T["other"], {"reason": "x"})[0] == 403 and hub.ask("POST", order, ADMIN, {})[0] == 400
    ok(hub.ask("POST", order, ADMIN, {"reason": "a person asked for it"}))
    for path in ("/api/datasets/other/gone", "/datasets/other/gone/resolve/main/same", "/api/datasets/other/gone/tree/main"):
        status, headers, answer = hub.ask("GET", path)
        assert status in (401, 404) and headers["x-error-code"] == "RepoNotFound" and "a person asked for it" in answer["error"], (status, answer)
    assert "other/gone" not in [d["id"] for d in ok(hub.ask("GET", "/api/datasets?author=other"))[2]]
    assert "removed 0 objects" in ciyuan("garbage", "--data", hub.data)[0], "bytes put a moment ago stay for a day"
    time.sleep(0.3)  # the times of files are coarse, so that garbage leaves what was put within 50 ms alone whatever the grace
    ok(hub.ask("POST", "/api/v1/garbage", ADMIN, {"grace_s": 0, "upload_s": 0}))
    kept = {hashlib.sha256(c).hexdigest(): c for c in (content, b"stays" * 500, b"gone" * 500)}
    there = {name for _, _, names in os.walk(os.path.join(hub.data, "objects")) for name in names}
    assert [sha256 in there for sha256 in kept] == [True, True, False]
    assert ok(hub.ask("GET", "/datasets/other/stays/resolve/main/same"))[2] == content
    assert "all that was acknowledged is there" in ciyuan("doctor", "--verify", "--data", hub.data)[0]


@case("a repository that was renamed is found under its old name: by a redirect where the URL names it, else by being told")
def _():
    ok(hub.ask("POST", "/api/repos/create", T["other"], {"name": "before", "type": "dataset"}))
    ok(hub.ask("POST", "/api/datasets/other/before/commit/main", T["other"], commit_body(small("a.csv", b"x\n1\n")), NDJSON))
    ok(hub.ask("POST", "/api/repos/move", T["other"], {"fromRepo": "other/before", "toRepo": "other/after", "type": "dataset"}))
    for path in ("/api/datasets/{}", "/api/datasets/{}/tree/main?recursive=true", "/datasets/{}/resolve/main/a.csv", "/api/v1/datasets/{}/rows?limit=1"):
        status, headers, _ = hub.ask("GET", path.format("other/before"))
        assert (status, headers["location"]) == (307, hub.url + path.format("other/after")), (status, headers)
        ok(hub.ask("GET", headers["location"]))
    status, headers, answer = hub.ask("GET", "/datasets-server/rows?dataset=other/before&config=default&split=train")
    assert status == 404 and headers["x-error-code"] == "RepoNotFound" and "other/after" in answer["error"], answer
    assert hub.ask("POST", "/api/repos/move", T["other"], {"fromRepo": "other/before", "toRepo": "other/later", "type": "dataset"})[0] == 404


@case("a file goes out as an attachment that no browser runs on this origin")
def _():
    ok(hub.ask("POST", "/api/datasets/other/mine/commit/main", T["other"], commit_body(small("页 <x>.html", b"<script>")), NDJSON))
    _, headers, content = ok(hub.ask("GET", "/datasets/other/mine/resolve/main/" + urllib.parse.quote("页 <x>.html")))
    assert content == b"<script>" and headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment") and headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


@case("after a stop and a start everything is there, and the audit log's chain holds")
def _():
    global hub
    before = ok(hub.ask("GET", "/api/datasets/other/mine?blobs=true", T["other"]))[2]
    data = hub.data
    hub.stop()
    hub = Hub(data=data)
    assert ok(hub.ask("GET", "/api/datasets/other/mine?blobs=true", T["other"]))[2] == before
    assert hub.ask("GET", "/api/v1/audit/verify", T["chief"])[0] == 403 and hub.ask("GET", "/api/v1/audit/verify", ADMIN)[2]["is_good"]
    listed = ciyuan("audit", "list", "--limit", "1000", "--data", hub.data)[0]
    for action in ("user.create", "token.create", "token.revoke", "member.set", "repository.create", "commit", "ref.create", "access.answer",
                   "grant.set", "party.confirm", "quota.set"):
        assert f"  {action} " in listed, action


@case("an audit entry that was changed behind the server's back is named")
def _():
    import sqlite3
    hub.stop()
    assert "good: " in ciyuan("audit", "verify", "--data", hub.data)[0]
    database = sqlite3.connect(os.path.join(hub.data, "ciyuan.sqlite"))
    database.execute("UPDATE audit SET actor_name = 'somebody' WHERE sequence = 7")
    database.commit()
    assert "entry 7 of the audit log was changed after it was written" in ciyuan("audit", "verify", "--data", hub.data, status=1)[0]
    database.execute("DELETE FROM audit WHERE sequence = 7")
    database.commit()
    assert "has no entry 7" in ciyuan("audit", "verify", "--data", hub.data, status=1)[0]


finish()
