"""Logging in to the page through an OpenID Connect provider, one from PyPI on loopback."""
import os, re, tempfile, urllib.error, urllib.parse, urllib.request
from _case import case, ciyuan, finish, scratch
from _hub import Hub

DATA = tempfile.mkdtemp(prefix="hub.", dir=scratch)
ciyuan("user", "create", "alice", "--data", DATA)


def follow(start, subject, cookies=True):
    """Begins a login, says at the provider who one is, and comes back: the answer of our server to that."""
    status, answered, content = start.ask("GET", "/auth/openid")
    assert status == 302, content
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answered["location"]).query))
    assert query["code_challenge_method"] == "S256" and query["scope"].startswith("openid") and len(query["state"]) == 43 == len(query["nonce"])
    assert "HttpOnly" in answered["set-cookie"]

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None
    try:
        back = urllib.request.build_opener(Stay).open(answered["location"], data=urllib.parse.urlencode({"sub": subject}).encode())
    except urllib.error.HTTPError as error:
        back = error
    url = back.headers["Location"]
    assert url.startswith(start.url + "/auth/openid/callback?"), (back.status, url)
    cookie = answered["set-cookie"].partition(";")[0]
    return url, cookie, start.ask("GET", url, headers={"Cookie": cookie} if cookies else {})


try:
    import oidc_provider_mock
except ImportError:
    oidc_provider_mock = None


@case("an OpenID Connect provider's users log in, each under an account of his own, and no other answer lets anybody in")
def _():
    if oidc_provider_mock is None:
        return "the provider is not installed"
    users = [oidc_provider_mock.User(sub="s1", claims={"preferred_username": "Zoë Smith!", "name": "Zoë", "email": "z@example.org"}),
             oidc_provider_mock.User(sub="s2", claims={"preferred_username": "alice", "email": "alice@example.org"})]
    os.environ["CIYUAN_OPENID_SECRET"] = "a secret"
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=users) as provider:
        issuer = f"http://localhost:{provider.server_port}"
        server = Hub("--openid-issuer", issuer, "--openid-client", "ciyuan", data=DATA)
        def name_of(answer):
            status, answered, content = answer
            assert status == 302 and answered["location"] == "/", (status, content)
            return server.ask("GET", "/api/v1/session", headers={"Cookie": re.search(r"ciyuan_session=\w+", answered["set-cookie"]).group()})[2]["user"]["name"]
        assert name_of(follow(server, "s1")[2]) == "Zo-Smith"
        assert name_of(follow(server, "s1")[2]) == "Zo-Smith", "the second time it is the same account"
        assert name_of(follow(server, "s2")[2]) == "alice2", "a name elsewhere gives nobody the account that is here"
        url, cookie, first = follow(server, "s1")
        assert first[0] == 302
        assert server.ask("GET", url, headers={"Cookie": cookie})[0] == 401, "a code is good once"
        assert follow(server, "s1", cookies=False)[2][0] == 401, "it was not begun in this browser"
        other = follow(server, "s1")
        assert server.ask("GET", other[0], headers={"Cookie": cookie})[0] == 401, "the state is another login's"
        forged = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
        assert server.ask("GET", url, headers={"Cookie": forged})[0] == 401
        server.stop()
    server = Hub(data=DATA)
    assert server.ask("GET", "/auth/openid")[0] == 404
    server.stop()


@case("a provider that is not https is refused, but on this machine")
def _():
    _, errors = ciyuan("serve", "--data", DATA, "--openid-issuer", "http://login.example.org", "--openid-client", "x", status=2)
    assert "no https URL" in errors, errors


finish()
