"""An OpenID Connect provider on loopback, written from Core 1.0 and RFC 7636; what it signs, and how, a test says by `spoil`."""
import base64, hashlib, json, secrets, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    def __init__(self, kid, algorithm):
        self.kid, self.algorithm = kid, algorithm
        self.private = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())

    def public(self):
        numbers = self.private.public_key().public_numbers()
        if self.algorithm == "RS256":
            return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": number(numbers.n), "e": number(numbers.e)}
        return {"kty": "EC", "kid": self.kid, "use": "sig", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}

    def sign(self, claims):
        text = b64(json.dumps({"alg": self.algorithm, "kid": self.kid}).encode()) + "." + b64(json.dumps(claims).encode())
        if self.algorithm == "RS256":
            signature = self.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = utils.decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return text + "." + b64(signature)


class Provider:
    def __init__(self, client, secret):
        self.client, self.secret = client, secret
        self.key = Key("first", "RS256")
        self.published = [self.key]
        self.user = {"sub": "1", "preferred_username": "ann"}
        self.spoil = lambda claims: claims  # a test changes what is signed
        self.token = lambda text: text      # … or what is sent
        self.metadata = {}
        self.delay, self.keys_at = 0, 0
        self.codes, self.asked = {}, []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, value, **headers):
                body = json.dumps(value).encode()
                self.send_response(status)
                for name, each in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, each)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                provider.asked.append(url.path)
                time.sleep(provider.delay)
                if url.path == "/.well-known/openid-configuration":
                    self.answer(200, {"issuer": provider.url, "authorization_endpoint": provider.url + "/authorize", "token_endpoint": provider.url + "/token",
                                      "jwks_uri": provider.url + "/keys", **provider.metadata})
                elif url.path == "/keys":
                    provider.keys_at = time.monotonic()
                    self.answer(200, {"keys": [key.public() for key in provider.published]})
                elif url.path == "/authorize":
                    query = dict(urllib.parse.parse_qsl(url.query))
                    assert query["response_type"] == "code" and query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
                    assert query["client_id"] == provider.client, query
                    code = secrets.token_urlsafe(16)
                    provider.codes[code] = query
                    back = query["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": query["state"], "iss": provider.url})
                    self.answer(302, {}, Location=back)
                else:
                    self.answer(404, {})

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                provider.asked.append(self.path)
                time.sleep(provider.delay)
                query = provider.codes.pop(form.get("code"), None)
                if provider.metadata.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
                    known = (form.get("client_id"), form.get("client_secret")) == (provider.client, provider.secret)
                else:
                    pair = base64.b64decode(self.headers.get("Authorization", "Basic ").partition(" ")[2]).decode().split(":")
                    known = [urllib.parse.unquote_plus(part) for part in pair] == [provider.client, provider.secret]
                if not known:
                    return self.answer(401, {"error": "invalid_client"})
                if query is None or form.get("redirect_uri") != query["redirect_uri"] or form.get("grant_type") != "authorization_code" \
                        or b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != query["code_challenge"]:
                    return self.answer(400, {"error": "invalid_grant"})
                now = int(time.time())
                claims = {"iss": provider.url, "aud": provider.client, "iat": now, "exp": now + 300, "nonce": query["nonce"], **provider.user}
                self.answer(200, {"access_token": "unused", "token_type": "Bearer", "id_token": provider.token(provider.key.sign(provider.spoil(claims)))})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
