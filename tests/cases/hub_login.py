"""Logging in to the page: passwords, sessions, CSRF, reset links, limits on tries."""
import re
from _case import case, ciyuan, finish
from _hub import Hub

hub = Hub()
hub.user("alice")
hub.user("boss", "--admin")
hub.user("nopass")
ciyuan("user", "password", "alice", "--data", hub.data, input="correct horse 电池\n")
JSON = {"Content-Type": "application/json"}


def login(name, password, **headers):
    status, answered, content = hub.ask("POST", "/api/v1/login", body={"name": name, "password": password}, headers=headers)
    cookie = re.match(r"(ciyuan_session=\w*);", answered.get("set-cookie", ""))
    return status, cookie and cookie.group(1), content, answered


@case("a login gives a cookie that scripts cannot read, and a session that knows who it is")
def _():
    status, cookie, content, answered = login("Alice", "correct horse 电池")
    assert status == 200 and content["user"] == {"name": "alice", "is_admin": False}, content
    assert "HttpOnly" in answered["set-cookie"] and "SameSite=Lax" in answered["set-cookie"] and answered["cache-control"] == "no-store"
    assert hub.ask("GET", "/api/v1/session", headers={"Cookie": cookie})[2] == {"user": {"name": "alice", "is_admin": False}, "csrf": content["csrf"]}
    assert hub.ask("GET", "/api/v1/session")[2] == {"user": None}
    assert hub.ask("GET", "/api/v1/session", headers={"Cookie": "ciyuan_session=" + "0" * 43})[2] == {"user": None}, "an old cookie is nobody"


@case("a wrong password, a wrong name and an account without a password are refused in the same words")
def _():
    answers = [login(name, password) for name, password in (("alice", "wrong horse"), ("nobody9", "wrong horse"), ("nopass", ""), ("nopass", "x" * 9))]
    assert [a[0] for a in answers] == [401] * 4 and len({a[2]["detail"] for a in answers}) == 1, answers


@case("what changes something needs the session's CSRF text, and a login must come from our own origin as JSON")
def _():
    _, cookie, content, _ = login("alice", "correct horse 电池")
    make = {"name": "by-session", "type": "dataset"}
    assert hub.ask("POST", "/api/repos/create", body=make, headers={"Cookie": cookie})[0] == 403
    assert hub.ask("POST", "/api/repos/create", body=make, headers={"Cookie": cookie, "X-CSRF-Token": "0" * 43})[0] == 403
    assert hub.ask("POST", "/api/repos/create", body=make, headers={"Cookie": cookie, "X-CSRF-Token": content["csrf"]})[0] == 200
    assert hub.ask("GET", "/api/whoami-v2", headers={"Cookie": cookie})[2]["name"] == "alice"
    assert login("alice", "correct horse 电池", Origin="http://evil.example")[0] == 403
    assert login("alice", "correct horse 电池", Origin=hub.url)[0] == 200
    form = {"Content-Type": "text/plain"}
    assert hub.ask("POST", "/api/v1/login", body=b'{"name":"alice","password":"correct horse"}', headers=form)[0] == 403


@case("a logout ends the session for good")
def _():
    _, cookie, content, _ = login("alice", "correct horse 电池")
    status, answered, _ = hub.ask("POST", "/api/v1/logout", headers={"Cookie": cookie, "X-CSRF-Token": content["csrf"]})
    assert status == 204 and "Max-Age=0" in answered["set-cookie"]
    assert hub.ask("GET", "/api/v1/session", headers={"Cookie": cookie})[2] == {"user": None}


@case("a new password needs the old one, ends all sessions, and no token can set it")
def _():
    _, cookie, content, _ = login("alice", "correct horse 电池")
    own = {"Cookie": cookie, "X-CSRF-Token": content["csrf"]}
    path = "/api/v1/users/alice/password"
    assert hub.ask("PUT", path, hub.token("alice"), {"old": "correct horse 电池", "password": "another one"})[0] == 403
    assert hub.ask("PUT", path, body={"old": "wrong horse", "password": "another one"}, headers=own)[0] == 403
    assert hub.ask("PUT", path, body={"old": "correct horse 电池", "password": "short"}, headers=own)[0] == 400
    assert hub.ask("PUT", "/api/v1/users/boss/password", body={"old": "", "password": "another one"}, headers=own)[0] == 403
    assert hub.ask("PUT", path, body={"old": "correct horse 电池", "password": "another one"}, headers=own)[0] == 204
    assert hub.ask("GET", "/api/v1/session", headers={"Cookie": cookie})[2] == {"user": None}
    assert login("alice", "correct horse 电池")[0] == 401 and login("alice", "another one")[0] == 200


@case("a reset link sets a password once")
def _():
    path = ciyuan("user", "reset", "nopass", "--data", hub.data)[0].strip()
    token = path.rpartition("=")[2]
    assert path.startswith("/password-reset?token=") and len(token) == 43
    reset = lambda t, p: hub.ask("POST", "/api/v1/password-reset", body={"token": t, "password": p})[0]
    assert reset("0" * 43, "long enough") == 401 and reset(token, "short") == 400
    assert reset(token, "long enough") == 204 and reset(token, "long enough") == 401
    assert login("nopass", "long enough")[0] == 200


@case("the password is kept as Argon2id, and no secret stands in the database or the log in the clear")
def _():
    import os
    token = hub.token("alice")
    _, cookie, _, _ = login("alice", "another one")
    hub.ask("GET", "/api/whoami-v2", token)
    kept = b"".join(open(os.path.join(hub.data, name), "rb").read() for name in os.listdir(hub.data)
                    if os.path.isfile(os.path.join(hub.data, name)))
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in kept
    for secret in ("another one", "correct horse", token, cookie.partition("=")[2]):
        assert secret.encode() not in kept, secret


@case("a user who is switched off is logged out at once and cannot log in")
def _():
    _, cookie, _, _ = login("nopass", "long enough")
    ciyuan("user", "disable", "nopass", "--data", hub.data)
    assert hub.ask("GET", "/api/v1/session", headers={"Cookie": cookie})[2] == {"user": None}
    assert login("nopass", "long enough")[0] == 401


@case("too many tries are told to wait, by account, and other accounts are not")
def _():
    answers = [login("boss", "wrong horse") for _ in range(25)]
    assert [a[0] for a in answers[:15]] == [401] * 15 and answers[-1][0] == 429, [a[0] for a in answers]
    assert int(answers[-1][3]["retry-after"]) >= 1
    assert login("alice", "another one")[0] == 200


hub.stop()
finish()
