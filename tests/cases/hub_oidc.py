"""Logging in at an OpenID Connect provider, which runs here on loopback: what is right lets in, whatever is wrong is refused with its reason."""
import http.client, threading, time, urllib.parse
from _case import case, ciyuan, finish, write
from _hub import Hub
from _provider import Key, Provider, b64

SECRET = "a secret: of the client/é"
provider = Provider("hub client", SECRET)
hub = Hub("--oidc", provider.url, "--oidc-client", provider.client, "--oidc-secret-file", write("secret", SECRET + "\n"))
hub.user("chief", "--admin")


class Browser:
    def __init__(self):
        self.cookies = {}

    def ask(self, path):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)
        connection.request("GET", path.removeprefix(hub.url), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
            self.cookies[name] = value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        return answer.status, answer.headers, body.decode()

    def begin(self, to=None):
        status, headers, body = self.ask("/api/v1/login/oidc" + ("?" + urllib.parse.urlencode({"to": to}) if to else ""))
        assert status == 303, (status, body)
        return headers["Location"]

    def at_provider(self, url):
        parts = urllib.parse.urlsplit(url)
        assert url.startswith(provider.url + "/authorize?"), url
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("GET", parts.path + "?" + parts.query)
        return connection.getresponse().headers["Location"]

    def login(self, to=None):
        return self.ask(self.at_provider(self.begin(to)))

    def who(self):
        import json
        return json.loads(self.ask("/api/v1/session")[2])


def with_claims(**changes):
    def spoil(claims):
        claims = {**claims, **changes}
        return {name: value for name, value in claims.items() if value is not None}
    return spoil


def usual():
    provider.spoil, provider.token, provider.key, provider.metadata = (lambda claims: claims), (lambda text: text), provider.published[0], {}
    provider.user = {"sub": "1", "preferred_username": "ann"}


@case("the server says that one may log in at a provider; a login makes the user, a session, and leads to where it was asked")
def _():
    browser = Browser()
    assert browser.who()["logins"] == ["password", "oidc"]
    provider.user = {"sub": "1", "preferred_username": "Ann.Smith@example.org", "name": "Ann 史密斯", "email": "ann@example.org"}
    status, headers, body = browser.login("/datasets/a/b?x=1&y=%20")
    assert status == 303 and headers["Location"] == "/datasets/a/b?x=1&y=%20", (status, headers.items(), body)
    me = browser.who()["user"]
    assert (me["name"], me["full_name"], me["email"], me["is_admin"]) == ("Ann.Smith", "Ann 史密斯", "ann@example.org", False), me
    assert "ciyuan_oidc" not in browser.cookies
    again = Browser()
    provider.user = {"sub": "1", "preferred_username": "renamed"}
    assert again.login()[1]["Location"] == "/"
    assert again.who()["user"]["name"] == "Ann.Smith", "a person is who the subject says, whatever the name"
    usual()


@case("names are made unique and allowed; the name of an account that is there opens it to nobody")
def _():
    rows = (("2", "ann.smith", "ann.smith-2"), ("3", "chief", "chief-2"), ("4", "admin", "admin-2"), ("5", "王小明", "member"), ("6", "李", "member-2"),
            ("7", "a--b__c..", "a-b_c"), ("8", "x" * 100, "x" * 36), ("9", None, "member-3"), ("10", "CHIEF", "CHIEF-3"), ("11", "-._", "member-4"))
    for subject, name, made in rows:
        provider.user = {"sub": subject, **({"preferred_username": name} if name else {})}
        browser = Browser()
        browser.login()
        assert browser.who()["user"]["name"] == made and not browser.who()["user"]["is_admin"], (name, browser.who())
    usual()


@case("a place that is not ours is not gone to")
def _():
    for place in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/" + "x" * 600):
        assert Browser().login(place)[1]["Location"] == "/", place


@case("a token with a wrong signature, nonce, issuer, audience, time or subject is refused, and says which; nobody is made")
def _():
    stranger, now = Key("first", "RS256"), int(time.time())
    cut = lambda text: text.rpartition(".")[0] + "."
    none = lambda text: b64(b'{"alg":"none"}') + "." + text.split(".")[1] + "."
    hmac = lambda text: b64(b'{"alg":"HS256","kid":"first"}') + "." + text.split(".", 1)[1]
    rows = (("key", stranger, "signature is wrong"), ("token", cut, "three parts"), ("token", none, "three parts"), ("token", hmac, "HS256"),
            ("token", lambda text: "", "no id_token"), ("token", lambda text: text[:-8] + "AAAAAAAA", "signature is wrong"),
            ("token", lambda text: "a" * 100000, "limit"),
            ("spoil", with_claims(nonce="0" * 64), "nonce"), ("spoil", with_claims(nonce=None), "nonce"), ("spoil", with_claims(exp=now - 120), "exp"),
            ("spoil", with_claims(exp=None), "exp"), ("spoil", with_claims(iat=now + 600), "iat"), ("spoil", with_claims(aud="another"), "aud"),
            ("spoil", with_claims(aud=[provider.client, "another"]), "aud"), ("spoil", with_claims(azp="another"), "azp"),
            ("spoil", with_claims(iss="https://evil.example"), "issuer"), ("spoil", with_claims(sub=None), "sub"), ("spoil", with_claims(sub=7), "sub"))
    for what, value, words in rows:
        usual()
        provider.user = {"sub": "refused", "preferred_username": "refused"}
        setattr(provider, what, value)
        browser = Browser()
        status, _, body = browser.login()
        assert status == (502 if words == "no id_token" else 401) and words in body, (words, status, body)
        assert browser.who()["user"] is None and "ciyuan_session" not in browser.cookies, words
    usual()
    provider.user = {"sub": "refused", "preferred_username": "refused"}
    browser = Browser()
    browser.login()
    assert browser.who()["user"]["name"] == "refused", "none of them made the user"
    usual()


@case("keys that the provider changed are fetched anew, RS256 and ES256 alike; the old key lets nobody in any more when it is gone")
def _():
    old = provider.key
    provider.published = [Key("second", "ES256")]
    usual()
    asked = provider.asked.count("/keys")
    time.sleep(max(0, provider.keys_at + 5.2 - time.monotonic()))  # younger keys are not asked for again
    status, _, body = Browser().login()
    assert status == 303 and provider.asked.count("/keys") == asked + 1, body
    provider.key = old
    assert Browser().login()[0] == 401
    usual()


@case("a state that is another's, changed, used with another code or without its cookie is refused")
def _():
    one, two = Browser(), Browser()
    back, other = one.at_provider(one.begin()), two.at_provider(two.begin())
    bare = Browser()
    assert bare.ask(back)[0] == 401 and "did not begin in this browser" in bare.ask(back)[2]
    kept = dict(one.cookies)
    swapped = back.replace(urllib.parse.parse_qs(back)["state"][0], urllib.parse.parse_qs(other)["state"][0])
    assert one.ask(swapped)[0] == 401
    one.cookies = dict(kept)
    name = "ciyuan_oidc"
    state, expires, signature, place = kept[name].split(".")
    for forged in (f"{state}.{int(expires) + 1}.{signature}.{place}", f"{state}.{expires}.{signature}.{b64(b'/evil')}", f"{state}.{expires}.{'0' * 64}.{place}", "x", "..."):
        one.cookies = {name: forged}
        assert one.ask(back)[0] == 401, forged
    one.cookies = dict(kept)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(other).query)["code"][0]
    stolen = back.replace(urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0], code)
    assert one.ask(stolen)[0] == 401, "another login's code has another verifier"
    one.cookies = dict(kept)
    assert one.ask(back)[0] == 303
    one.cookies.update(kept)
    assert one.ask(back)[0] == 401, "a code is used once"
    one.cookies.update(kept)
    status, _, body = one.ask(back.split("?")[0] + "?error=access_denied&state=" + state)
    assert status == 401 and "access_denied" in body
    one.cookies.update(kept)
    status, _, body = one.ask(back.replace(urllib.parse.quote(provider.url, safe=""), urllib.parse.quote("https://evil.example", safe="")))
    assert status == 401 and "another provider" in body


@case("a user who was switched off stays out, and no password lets in whom the provider made")
def _():
    browser = Browser()
    provider.user = {"sub": "off", "preferred_username": "off"}
    browser.login()
    ciyuan("user", "disable", "off", "--data", hub.data)
    assert browser.who()["user"] is None
    status, _, body = Browser().login()
    assert status == 401 and "switched off" in body
    assert hub.ask("POST", "/api/v1/session", body={"name": "ann.smith", "password": ""})[0] == 401
    usual()


@case("a provider that hangs holds few logins and no other request, and each is told")
def _():
    browsers = [Browser() for _ in range(14)]
    backs = [browser.at_provider(browser.begin()) for browser in browsers]
    provider.delay, answers = 0.5, []
    threads = [threading.Thread(target=lambda i=i: answers.append(browsers[i].ask(backs[i]))) for i in range(len(browsers))]
    [t.start() for t in threads]
    worst = 0
    while any(t.is_alive() for t in threads):
        start = time.monotonic()
        assert hub.ask("GET", "/api/datasets")[0] == 200
        worst = max(worst, time.monotonic() - start)
        time.sleep(0.02)
    provider.delay = 0
    statuses = [a[0] for a in answers]
    assert set(statuses) <= {303, 503} and 303 in statuses and 503 in statuses, statuses
    assert all(a[1]["Retry-After"] for a in answers if a[0] == 503)
    assert worst < 1, worst


@case("metadata that name another issuer or plain http elsewhere, and a provider that is gone, are a 502; the server starts and says so")
def _():
    global hub
    first = hub
    rows = (({"issuer": "https://evil.example"}, "another issuer"), ({"token_endpoint": "http://evil.example/token"}, "not https://"),
            ({"jwks_uri": "file:///etc/passwd"}, "not https://"), ({"authorization_endpoint": None}, "missing"))
    for metadata, words in rows:
        hub = Hub("--oidc", provider.url, "--oidc-client", provider.client)
        provider.metadata = metadata
        status, _, body = Browser().ask("/api/v1/login/oidc")
        assert status == 502 and words in body, (metadata, status, body)
        hub.stop()
    usual()
    hub = Hub("--oidc", "http://127.0.0.1:9", "--oidc-client", "x")
    status, _, body = Browser().ask("/api/v1/login/oidc")
    assert status == 502 and "login provider cannot be used" in body, body
    hub.stop()
    hub = Hub("--oidc", provider.url, "--oidc-client", provider.client, "--oidc-secret-file", write("secret2", SECRET))
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert Browser().login()[0] == 303
    hub.stop()
    hub = Hub()
    assert Browser().ask("/api/v1/login/oidc")[0] == 404
    hub.stop()
    hub = first
    for options, words in ((("--oidc", "http://idp.example", "--oidc-client", "x"), "https://"), (("--oidc", "https://idp.example"), "--oidc-client"),
                           (("--oidc-client", "x"), "--oidc")):
        assert words in ciyuan("serve", "--data", hub.data + "x", "--listen", "127.0.0.1:0", *options, status=2)[1], options


@case("a provider that others wrote, from PyPI, lets in as ours does")
def _():
    global hub
    try:
        import warnings
        warnings.simplefilter("ignore")
        import oidc_provider_mock as mock
    except ImportError:
        return "the provider is not installed"
    users = [mock.User(sub="s1", claims={"preferred_username": "Zoë Smith!", "name": "Zoë", "email": "z@example.org"})]
    first, browser = hub, Browser()
    with mock.run_server_in_thread(require_nonce=True, user_claims=users) as other:
        hub = Hub("--oidc", f"http://localhost:{other.server_port}", "--oidc-client", "ciyuan", "--oidc-secret-file", write("secret3", "a secret"))
        parts = urllib.parse.urlsplit(browser.begin())
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("POST", parts.path + "?" + parts.query, "sub=s1", {"Content-Type": "application/x-www-form-urlencoded"})
        back = connection.getresponse().headers["Location"]
        status, _, body = browser.ask(back)
        assert status == 303, (status, body)
        assert browser.who()["user"]["name"] == "Zo-Smith" and browser.who()["user"]["email"] == "z@example.org"
        hub.stop()
    hub = first


@case("neither code, state, token nor the client's secret stands in the log")
def _():
    browser = Browser()
    back = browser.at_provider(browser.begin("/secret-place"))
    secrets = [v[0] for v in urllib.parse.parse_qs(urllib.parse.urlsplit(back).query).values()][:2] + list(browser.cookies.values()) + [SECRET]
    browser.ask(back)
    secrets += list(browser.cookies.values())
    hub.stop()
    log = open(hub.log, encoding="utf-8").read()
    assert "/api/v1/login/oidc/callback" in log
    for secret in secrets:
        assert secret not in log, secret


finish()
