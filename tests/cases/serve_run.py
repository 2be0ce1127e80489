"""`ciyuan serve` as a program: start, health, the page's folder, TLS, the local socket, the log, the end."""
import http.client, json, os, signal, socket, ssl, stat, subprocess, time
from _case import CIYUAN, case, ciyuan, finish, scratch, write

count = 0


class Server:
    """A server on a port of its own; `with` ends it by SIGTERM and checks that it ends well."""
    def __init__(self, *options, data=None, listen="127.0.0.1:0"):
        global count
        count += 1
        self.data = data or os.path.join(scratch, f"data-{count}")
        self.log = os.path.join(scratch, f"log-{count}")
        command = [CIYUAN, "serve", "--data", self.data, "--listen", listen, "--log", self.log, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.hello = self.process.stdout.readline()
        assert self.hello.startswith("ciyuan serves"), self.process.communicate(timeout=10)[1]
        self.port = int(self.hello.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.rest = self.process.stdout.read()
        self.errors = self.process.stderr.read()
        self.process.wait(30)
        if not _[0]:
            assert self.process.returncode == 0, f"ended with {self.process.returncode}: {self.errors[-500:]}"

    def ask(self, path, method="GET", body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer


@case("serve says where it listens and how to make the first user, once; health, readiness and metrics answer")
def _():
    with Server() as server:
        assert f"http://127.0.0.1:{server.port}" in server.hello, server.hello
        assert server.ask("/healthz").body == b"ok\n"
        assert server.ask("/readyz").body == b"ready\n"
        server.ask("/nosuch")
        for _ in range(50):  # an answer is counted when it is over, which its reader may see a moment earlier
            text = server.ask("/metrics").body.decode()
            if text.count('status="200"} 1') >= 2 and 'status="404"} 1' in text:
                break
            time.sleep(0.05)
        for wanted in ['ciyuan_http_requests_total{method="GET",route="/readyz",status="200"} 1', 'route="/{path...}",status="404"} 1',
                       'ciyuan_http_request_seconds_count{method="GET",route="/healthz"} 1', "process_resident_memory_bytes", "process_open_fds",
                       "ciyuan_store_commits_total", "ciyuan_queue_length 0"]:
            assert wanted in text, f"no {wanted}"
        assert stat.S_IMODE(os.stat(os.path.join(server.data, "ciyuan.sock")).st_mode) == 0o600
    assert "ciyuan user create" in server.rest, server.rest
    assert not os.path.exists(os.path.join(server.data, "ciyuan.sock"))
    with Server(data=server.data) as again:
        pass
    assert "user create" not in again.rest, again.rest


@case("resident memory is below 40 MiB when nobody asks")
def _():
    with Server() as server:
        server.ask("/readyz")
        pages = int(open(f"/proc/{server.process.pid}/statm").read().split()[1])
        assert pages * os.sysconf("SC_PAGESIZE") < 40 << 20, pages


@case("the log has a JSON line a request, without health checks and without queries")
def _():
    with Server() as server:
        server.ask("/healthz")
        ask = server.ask("/api/v1/openapi.json?token=secret", headers={"X-Request-Id": "mine-mine-mine"})
        assert ask.getheader("X-Request-Id") != "mine-mine-mine"
    lines = [json.loads(line) for line in open(server.log)]
    assert [line["path"] for line in lines] == ["/api/v1/openapi.json"], lines
    assert lines[0]["id"] == ask.getheader("X-Request-Id") and lines[0]["status"] == 200 and lines[0]["bytes_out"] == len(ask.body), lines
    assert "secret" not in open(server.log).read()


@case("the OpenAPI document is JSON of version 3.1 with the server's routes")
def _():
    with Server() as server:
        document = json.loads(server.ask("/api/v1/openapi.json").body)
        assert document["openapi"].startswith("3.1") and "/healthz" in document["paths"]


@case("a second server on the same folder, a port that is taken, and half of TLS are refused with a reason")
def _():
    with Server() as server:
        _, errors = ciyuan("serve", "--data", server.data, "--listen", "127.0.0.1:0", status=1)
        assert str(server.process.pid) in errors, errors
        _, errors = ciyuan("serve", "--data", os.path.join(scratch, "other"), "--listen", f"127.0.0.1:{server.port}", status=1)
        assert "hint:" in errors and "--listen" in errors, errors
    _, errors = ciyuan("serve", "--data", os.path.join(scratch, "x"), "--tls-key", "k", status=2)
    assert "--tls-certificate" in errors, errors
    _, errors = ciyuan("serve", "--data", os.path.join(scratch, "x"), "--listen", "nonsense", status=2)
    assert "127.0.0.1:7000" in errors, errors


@case("SIGTERM ends the server within seconds although connections are open, idle and half a request")
def _():
    server = Server()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for each in idle[::2]:
        each.sendall(b"GET /healthz HT")
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.communicate(timeout=60)
    assert server.process.returncode == 0
    assert time.monotonic() - started < 25, time.monotonic() - started


@case("--web serves a folder: types, conditions, the page for its own places, and nothing outside of it")
def _():
    write("web/index.html", "<p>the page</p>")
    write("web/_app/immutable/a.js", "let a")
    write("web/style.css", "p{}")
    write("secret.txt", "no")
    os.symlink(os.path.join(scratch, "secret.txt"), os.path.join(scratch, "web", "link.txt"))
    with Server("--web", os.path.join(scratch, "web")) as server:
        page = server.ask("/")
        assert page.body == b"<p>the page</p>" and page.getheader("Content-Type") == "text/html; charset=utf-8"
        assert "default-src 'self'" in page.getheader("Content-Security-Policy")
        assert server.ask("/style.css").getheader("Content-Type") == "text/css"
        script = server.ask("/_app/immutable/a.js")
        assert script.body == b"let a" and "immutable" in script.getheader("Cache-Control")
        assert server.ask("/", headers={"If-None-Match": page.getheader("ETag")}).status == 304
        assert server.ask("/datasets/org/name", headers={"Accept": "text/html"}).body == page.body
        assert server.ask("/datasets/org/name").status == 404
        assert server.ask("/api/nosuch", headers={"Accept": "text/html"}).status == 404
        assert server.ask("/_app/nosuch.js", headers={"Accept": "text/html"}).status == 404
        for path in ["/link.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/_app/../../secret.txt", "/_app", "//etc/passwd"]:
            answer = server.ask(path)
            assert answer.status in (400, 404) and b"no" != answer.body, (path, answer.status, answer.body)
        assert server.ask("/style.css", method="POST").status in (404, 405)


@case("the local socket answers, and what comes by it may ask for what is local")
def _():
    with Server() as server:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.path.join(server.data, "ciyuan.sock"))
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)


@case("https: TLS 1.2 and 1.3, ranges, and no older protocol")
def _():
    key, certificate = os.path.join(scratch, "key.pem"), os.path.join(scratch, "certificate.pem")
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                           "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], capture_output=True)
    if done.returncode:
        return "openssl cannot make a certificate"
    big = bytes(range(256)) * 4096
    write("web2/big.bin", big)
    with Server("--tls-certificate", certificate, "--tls-key", key, "--web", os.path.join(scratch, "web2")) as server:
        assert "https://" in server.hello
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=certificate)
            context.minimum_version = context.maximum_version = version
            connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=20)
            connection.request("GET", "/big.bin")
            assert connection.getresponse().read() == big
            connection.request("GET", "/big.bin", headers={"Range": "bytes=1000-300000"})
            answer = connection.getresponse()
            assert answer.status == 206 and answer.read() == big[1000:300001]
            connection.close()
    _, errors = ciyuan("serve", "--data", os.path.join(scratch, "y"), "--listen", "127.0.0.1:0", "--tls-certificate", key, "--tls-key", certificate, status=1)
    assert "PEM" in errors, errors


finish()
