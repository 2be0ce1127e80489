"""Logging in and out: passwords, sessions, forged requests, limits of tries, links to a new password; and that no secret is in the log."""
import json, os, subprocess, threading, time
from _case import CIYUAN, case, ciyuan, finish
from _hub import Hub

hub = Hub("--trust-proxy")
hub.user("alice")
hub.user("bob")
hub.user("chief", "--admin")
PASSWORD = "correct horse 电池"
secrets = [PASSWORD]
CHIEF = hub.token("chief", "admin")
address = 0


def set_password(name, password):
    return ciyuan("user", "password", name, "--data", hub.data, input=password + "\n")


class Browser:
    """Keeps its cookie, and says where its requests come from as a browser does. Each has an address of its own."""
    def __init__(self, scheme="http"):
        global address
        address += 1
        self.cookie, self.csrf, self.scheme = None, None, scheme
        self.address = f"10.0.0.{address}"
        self.origin = f"{scheme}://127.0.0.1:{hub.port}"

    def ask(self, method, path, body=None, origin=True, csrf=True, headers={}):
        sent = {"X-Forwarded-For": self.address, "X-Forwarded-Proto": self.scheme, **headers}
        if self.cookie:
            sent["Cookie"] = "a=b; " + self.cookie + "; c=d"
        if method != "GET" and origin:
            sent["Origin"] = self.origin if origin is True else origin
        if self.csrf and csrf:
            sent["X-CSRF-Token"] = self.csrf if csrf is True else csrf
        answer = hub.ask(method, path, body=body, headers=sent)
        if "set-cookie" in answer[1]:
            self.set_cookie = answer[1]["set-cookie"]
            pair = self.set_cookie.split(";")[0]
            self.cookie = None if pair.endswith("=") else pair
            secrets.append(pair.split("=")[1])
        return answer

    def login(self, name="alice", password=None, status=200):
        password = password or PASSWORD
        answer = self.ask("POST", "/api/v1/session", {"name": name, "password": password})
        assert answer[0] == status, answer
        if status == 200:
            self.csrf = answer[2]["csrf"]
            secrets.append(self.csrf)
        return answer


@case("the owner of the data folder sets a password, read from standard input; what is wrong with one is said")
def _():
    set_password("alice", PASSWORD)
    for bad in ("short", "x" * 1025):
        done = subprocess.run([CIYUAN, "user", "password", "alice", "--data", hub.data], input=bad, capture_output=True, text=True)
        assert done.returncode == 1 and "8 to 1024 bytes" in done.stderr, done
    Browser().login()


@case("a login begins a session; who I am, where I belong and how to log in is told; logging out ends it")
def _():
    hub.organisation("press", alice="write")
    browser = Browser()
    nobody = browser.ask("GET", "/api/v1/session")[2]
    assert nobody == {"user": None, "organisations": [], "csrf": None, "logins": ["password"]}, nobody
    told = browser.login(name="ALICE")[2]
    assert told["user"]["name"] == "alice" and not told["user"]["is_admin"], told
    assert told["organisations"] == [{"name": "press", "full_name": "", "role": "write"}], told
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in browser.set_cookie, browser.set_cookie
    assert browser.set_cookie.startswith("ciyuan_session=") and "Secure" not in browser.set_cookie
    status, headers, again = browser.ask("GET", "/api/v1/session")
    assert again == told and headers["cache-control"] == "no-store", again
    assert browser.ask("GET", "/api/whoami-v2")[2]["name"] == "alice"
    kept = browser.cookie
    assert browser.ask("DELETE", "/api/v1/session")[0] == 204 and browser.cookie is None
    browser.cookie = kept
    assert browser.ask("GET", "/api/v1/session")[2]["user"] is None
    assert browser.ask("GET", "/api/whoami-v2")[0] == 401


@case("behind https the cookie is __Host- and Secure, and one of plain http is not taken for it")
def _():
    browser = Browser("https")
    browser.login()
    assert browser.set_cookie.startswith("__Host-ciyuan_session=") and "; Secure" in browser.set_cookie, browser.set_cookie
    assert browser.ask("GET", "/api/v1/session")[2]["user"]["name"] == "alice"
    browser.cookie = browser.cookie.removeprefix("__Host-")
    assert browser.ask("GET", "/api/v1/session")[2]["user"] is None


@case("a request that changes something needs the session's own X-CSRF-Token and an origin of ours; reading needs neither, a token neither")
def _():
    browser, other = Browser(), Browser()
    browser.login()
    other.login()
    make = ("POST", "/api/v1/organisations", {"name": "forged"})
    rows = (dict(csrf=False), dict(csrf="0" * 64), dict(csrf=other.csrf), dict(csrf=browser.csrf[:-1]), dict(origin=False), dict(origin="http://evil.example"),
            dict(origin="null"), dict(origin="https" + browser.origin[4:]), dict(headers={"Sec-Fetch-Site": "cross-site"}),
            dict(headers={"Sec-Fetch-Site": "same-site"}), dict(headers={"Sec-Fetch-Site": "none"}))
    for row in rows:
        status, _, problem = browser.ask(*make, **row)
        assert status == 403 and problem["code"] == "csrf", (row, status, problem)
    for method, path, body in (("POST", "/api/repos/create", {"name": "x", "type": "dataset"}), ("DELETE", "/api/v1/session", None),
                               ("POST", "/api/datasets/alice/x/commit/main", b"{}")):
        assert browser.ask(method, path, body, csrf=False)[0] == 403, path
    assert browser.ask("GET", "/api/v1/sessions", csrf=False, origin=False)[0] == 200
    assert browser.ask(*make, headers={"Sec-Fetch-Site": "same-origin"})[0] == 201
    token = hub.token("alice")
    secrets.append(token)
    assert hub.ask("POST", "/api/v1/organisations", token, {"name": "by-token"})[0] == 201


@case("another site's page cannot log anybody in")
def _():
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        browser = Browser()
        answer = browser.ask("POST", "/api/v1/session", {"name": "alice", "password": PASSWORD}, origin=False, headers=headers)
        assert answer[0] == 403 and "set-cookie" not in answer[1], answer
    assert hub.ask("POST", "/api/v1/session", body={"name": "alice", "password": PASSWORD})[0] == 200, "a program may"


@case("my sessions are listed with browser and address, and one of them ended from another; not those of others")
def _():
    one, two, stranger = Browser(), Browser(), Browser()
    set_password("bob", "bob's password")
    one.login()
    two.login()
    stranger.login("bob", "bob's password")
    items = one.ask("GET", "/api/v1/sessions", headers={"User-Agent": "x"})[2]["items"]
    mine = [item for item in items if item["is_this"]]
    theirs = [item for item in items if item["address"] == two.address]
    assert len(mine) == 1 and mine[0]["address"] == one.address and len(theirs) == 1, items
    assert stranger.ask("DELETE", "/api/v1/sessions/" + theirs[0]["id"])[0] == 404
    assert one.ask("DELETE", "/api/v1/sessions/" + theirs[0]["id"])[0] == 204
    assert two.ask("GET", "/api/v1/session")[2]["user"] is None
    assert one.ask("GET", "/api/v1/session")[2]["user"]["name"] == "alice"


@case("who sets his password says the one of today, and his other sessions end; an admin sets nobody's")
def _():
    global PASSWORD
    one, two = Browser(), Browser()
    one.login()
    two.login()
    new = "another battery staple"
    secrets.append(new)
    assert one.ask("PUT", "/api/v1/users/alice/password", {"password": new, "current": "wrong"})[0] == 403
    assert one.ask("PUT", "/api/v1/users/alice/password", {"password": new})[0] == 403
    assert one.ask("PUT", "/api/v1/users/bob/password", {"password": new, "current": PASSWORD})[0] == 403
    assert hub.ask("PUT", "/api/v1/users/alice/password", CHIEF, {"password": new})[0] == 403
    assert one.ask("PUT", "/api/v1/users/alice/password", {"password": new, "current": PASSWORD})[0] == 204
    PASSWORD = new
    assert one.ask("GET", "/api/v1/session")[2]["user"] and not two.ask("GET", "/api/v1/session")[2]["user"]
    Browser().login()


@case("tokens of mine are made, listed and revoked at the page; a revoked one and one whose time is over let nobody in at once")
def _():
    browser = Browser()
    browser.login()
    assert hub.ask("GET", "/api/v1/tokens")[0] == 401
    status, headers, made = browser.ask("POST", "/api/v1/tokens", {"name": "laptop", "scope": "read"})
    assert status == 201 and headers["cache-control"] == "no-store", (status, made)
    secrets.append(made["token"])
    assert hub.ask("GET", "/api/whoami-v2", made["token"])[2]["auth"]["accessToken"] == {**hub.ask("GET", "/api/whoami-v2", made["token"])[2]["auth"]["accessToken"],
                                                                                        "displayName": "laptop", "role": "read"}
    assert hub.ask("POST", "/api/v1/tokens", made["token"], {"name": "more"})[0] == 403, "a token that reads makes none"
    item = [i for i in browser.ask("GET", "/api/v1/tokens")[2]["items"] if i["id"] == made["id"]][0]
    assert item["name"] == "laptop" and item["scope"] == "read" and "token" not in item, item
    stranger = Browser()
    stranger.login("bob", "bob's password")
    assert stranger.ask("DELETE", "/api/v1/tokens/" + made["id"])[0] == 404
    assert browser.ask("DELETE", "/api/v1/tokens/" + made["id"])[0] == 204
    assert hub.ask("GET", "/api/whoami-v2", made["token"])[0] == 401
    soon = int(time.time() * 1000) + 700
    short = browser.ask("POST", "/api/v1/tokens", {"name": "short", "expires_ms": soon})[2]["token"]
    secrets.append(short)
    assert hub.ask("GET", "/api/whoami-v2", short)[0] == 200
    while time.time() * 1000 <= soon + 20:
        time.sleep(0.05)
    assert hub.ask("GET", "/api/v1/tokens", short)[0] == 401
    for bad in (-1, 1, "tomorrow", 1.5):
        assert browser.ask("POST", "/api/v1/tokens", {"name": "n", "expires_ms": bad})[0] == 400, bad
    assert browser.ask("POST", "/api/v1/tokens", {"name": "n", "scope": "everything"})[0] == 400


@case("an answer of the API runs nothing in a browser, and the page is framed by nobody and runs nothing of others")
def _():
    api, page = hub.ask("GET", "/api/datasets")[1], Browser().ask("GET", "/")[1]
    assert api["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'" and api["x-content-type-options"] == "nosniff"
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in page["content-security-policy"], page
    assert (page["x-frame-options"], page["referrer-policy"], page["cross-origin-opener-policy"], page["cross-origin-resource-policy"]) \
        == ("DENY", "same-origin", "same-origin", "same-origin"), page
    assert "strict-transport-security" not in page and "strict-transport-security" in Browser("https").ask("GET", "/")[1]


@case("an admin's link sets a new password once; others make none")
def _():
    global PASSWORD
    session = Browser()
    session.login()
    assert hub.ask("POST", "/api/v1/users/alice/reset")[0] == 401
    assert hub.ask("POST", "/api/v1/users/alice/reset", hub.token("alice", "admin"))[0] == 403
    assert hub.ask("POST", "/api/v1/users/press/reset", CHIEF)[0] == 400
    status, _, link = hub.ask("POST", "/api/v1/users/alice/reset", CHIEF)
    assert status == 201 and link["url"] == f"{hub.url}/login#reset={link['secret']}", link
    printed = ciyuan("user", "reset", "alice", "--data", hub.data)[0].strip()
    secret = printed.partition("#reset=")[2]
    secrets.extend((secret, link["secret"], "the newest password"))
    stranger = Browser()
    use = lambda secret, password: stranger.ask("POST", "/api/v1/password-reset", {"secret": secret, "password": password})[0]
    assert use(link["secret"], "the newest password") == 401, "the second link ended the first"
    assert use(secret, "short") == 400
    assert use(secret, "the newest password") == 204
    assert use(secret, "the newest password") == 401
    PASSWORD = "the newest password"
    assert session.ask("GET", "/api/v1/session")[2]["user"] is None
    Browser().login()


@case("wrong tries are limited by account and by address; the answer names the limit and Retry-After")
def _():
    hub.user("victim")

    def tries(browser_of, name_of, least):
        """Wrong tries until one is refused: a slow machine gets some more, for a coin comes back every so often."""
        for count in range(3 * least):
            status, headers, problem = browser_of().ask("POST", "/api/v1/session", {"name": name_of(count), "password": "wrong wrong"})
            if status == 429:
                assert count >= least, count
                return headers, problem
            assert status == 401, (status, problem)
        assert False, "no limit"

    headers, problem = tries(Browser, lambda _: "victim", 10)
    assert 0 < int(headers["retry-after"]) <= 30 and "10 wrong passwords" in problem["detail"], (headers, problem)
    Browser().login()
    guesser = Browser()
    headers, problem = tries(lambda: guesser, lambda count: f"nobody{count}", 30)
    assert 0 < int(headers["retry-after"]) <= 10 and "one address" in problem["detail"], (headers, problem)
    Browser().login()


@case("many logins at once: each is answered, 200 or 503 with Retry-After, and other requests are answered meanwhile")
def _():
    answers = []

    def run():
        for _ in range(4):
            answers.append(Browser().ask("POST", "/api/v1/session", {"name": "alice", "password": PASSWORD}))
    threads = [threading.Thread(target=run) for _ in range(24)]
    [t.start() for t in threads]
    worst = 0
    while any(t.is_alive() for t in threads):
        start = time.monotonic()
        assert hub.ask("GET", "/api/datasets")[0] == 200
        worst = max(worst, time.monotonic() - start)
    [t.join() for t in threads]
    statuses = {a[0] for a in answers}
    assert statuses <= {200, 503, 429} and 200 in statuses, statuses
    assert all(int(a[1]["retry-after"]) > 0 for a in answers if a[0] != 200)
    assert worst < 5, worst


@case("no password, cookie, token or link stands in the log, nor in what the server keeps")
def _():
    Browser().ask("GET", "/api/v1/session?token=" + secrets[-1])
    hub.ask("GET", "/api/whoami-v2", "cy_" + "1" * 40)
    hub.ask("POST", "/api/v1/session", body=b'{"name": "alice", "password": "broken secret')
    secrets.extend(("cy_" + "1" * 40, "broken secret", CHIEF, "bob's password"))
    hub.stop()
    log = open(hub.log, encoding="utf-8").read()
    assert '"route":"/api/v1/session"' in log
    kept = b"".join(open(os.path.join(hub.data, name), "rb").read() for name in os.listdir(hub.data) if name.startswith("ciyuan.sqlite"))
    for secret in filter(None, secrets):
        assert secret not in log, "the log holds a secret"
        assert secret.encode() not in kept, "the database holds a secret"


finish()
