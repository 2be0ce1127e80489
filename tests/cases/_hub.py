"""A hub for the case scripts: the program serves a folder of its own on a free port; users and tokens are made beside it."""
import http.client, json, os, re, subprocess, tempfile, time, urllib.parse
from _case import CIYUAN, ciyuan, scratch

BIG = 1 << 20  # from here on a file goes as a large one


class Hub:
    def __init__(self, *options, data=None):
        self.data = data or tempfile.mkdtemp(prefix="hub.", dir=scratch)
        self.log = os.path.join(self.data, "access.log")
        self.process = subprocess.Popen([CIYUAN, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--log", self.log, *options],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        place = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert place, f"the server did not start: {line!r}"
        self.port = int(place.group(1))
        self.url = f"http://127.0.0.1:{self.port}"

    def user(self, name, *options):
        ciyuan("user", "create", name, *options, "--data", self.data)

    def token(self, user, scope="write"):
        return ciyuan("token", "create", "--user", user, "--scope", scope, "--data", self.data)[0].strip()

    def organisation(self, name, **roles):
        ciyuan("org", "create", name, "--data", self.data)
        for user, role in roles.items():
            ciyuan("org", "member", name, user, "--role", role, "--data", self.data)

    def ask(self, method, path, token=None, body=None, headers=None, timeout=60):
        """One request: (status, headers, body); JSON bodies are given and come back as Python values."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = "Bearer " + token
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if path.startswith("http"):
            parts = urllib.parse.urlsplit(path)
            path = parts.path + ("?" + parts.query if parts.query else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        answered = {}
        for name, value in answer.getheaders():
            answered[name.lower()] = answered[name.lower()] + ", " + value if name.lower() in answered else value
        if answered.get("content-type", "").split(";")[0].endswith("json") and content:
            content = json.loads(content)
        return answer.status, answered, content

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        assert status == 0, f"the server ended with {status}"


def commit_body(*lines, summary="s", parent=None):
    header = {"summary": summary, "description": ""}
    if parent:
        header["parentCommit"] = parent
    return "".join(json.dumps({"key": key, "value": value}) + "\n" for key, value in (("header", header), *lines)).encode()


def small(path, content):
    import base64
    return "file", {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}


NDJSON = {"Content-Type": "application/x-ndjson"}
