"""Our signer for S3 against botocore's: the same Authorization for the same request, and the documented example of AWS."""
import datetime
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARY = os.environ.get("CIYUAN_LIBRARY", os.path.join(ROOT, "build/release/libciyuan.a"))
COUNT = int(os.environ.get("CIYUAN_REQUESTS", "3000"))
try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError as why:
    print(f"skip - our signer for S3 equals botocore's: {why}")
    sys.exit(0)

failed = False
seed = int(os.environ.get("CIYUAN_SEED", random.randrange(1 << 32)))
chance = random.Random(seed)


def tell(ok, sentence, why=""):
    global failed
    failed = failed or not ok
    print(f"ok - {sentence}" if ok else f"not ok - {sentence}: {why} (seed {seed})", flush=True)


ALPHABET = "abzABZ019-._~/ +%&=?#:;,@!$'()*[]<>\"\\^`{|}\t" + "词元数据é\u00a0\U0001f600"


def text(longest, alphabet=ALPHABET):
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(longest + 1)))


def request():
    """One request as botocore takes it, at random; the path has no empty, "." or ".." part, as our keys have none."""
    parts = [part for part in text(60).split("/") if part not in ("", ".", "..")]
    names = {text(8, ALPHABET.replace("/", "")) or "a" for _ in range(chance.randrange(5))}
    return {
        "method": chance.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        "host": chance.choice(["127.0.0.1:9000", "s3.eu-west-1.amazonaws.com", "minio.local:8443", "localhost"]),
        "path": "/" + "/".join(["bucket"] + parts),
        "query": {name: text(12) for name in names},
        "payload": chance.choice([hashlib.sha256(text(9).encode()).hexdigest(), "UNSIGNED-PAYLOAD"]),
        "access": "AKIA" + text(12, "ABCDEFG0123456789"),
        "secret": text(40, "abcXYZ019+/") or "s",
        "token": chance.choice(["", "", text(60, "abcXYZ019+/=") or "t"]),
        "region": chance.choice(["us-east-1", "cn-north-1", "garage"]),
        "time": chance.randrange(10 ** 9, 2 * 10 ** 9),
    }


def peer(one):
    """(target, date, authorization) of botocore's own signer, its clock set."""
    moment = datetime.datetime.fromtimestamp(one["time"], datetime.timezone.utc)
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None) if remove_tzinfo else moment
    else:
        class Clock(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return moment.replace(tzinfo=None)
        botocore.auth.datetime.datetime = Clock
    path = urllib.parse.quote(one["path"], safe="/-_.~")
    url = f"https://{one['host']}{path}"
    made = AWSRequest(method=one["method"], url=url, params=one["query"], headers={"Host": one["host"], "X-Amz-Content-SHA256": one["payload"]})
    signer = botocore.auth.S3SigV4Auth(Credentials(one["access"], one["secret"], one["token"] or None), "s3", one["region"])
    signer._should_sha256_sign_payload = lambda _: False
    signer.payload = lambda _: one["payload"]
    signer.add_auth(made)
    query = signer.canonical_query_string(made)
    return path + ("?" + query if query else ""), made.headers["X-Amz-Date"], made.headers["Authorization"]


def ours(requests, program):
    lines = []
    for one in requests:
        fields = [one["method"], one["host"], one["path"], one["payload"], one["access"], one["secret"], one["token"], one["region"], str(one["time"])]
        for name, value in one["query"].items():
            fields += [name, value]
        lines.append("\t".join(urllib.parse.quote(field, safe="") for field in fields))
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


with tempfile.TemporaryDirectory() as folder:
    program = f"{folder}/sign"
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", f"-I{ROOT}/src", f"{ROOT}/tests/parity/s3_sign_own.c", LIBRARY, "-lcrypto", "-o", program],
                   check=True)
    requests = [request() for _ in range(COUNT)]
    found = ours(requests, program)
    wrong = [(one, mine, his) for one, mine, his in zip(requests, found, map(peer, requests)) if mine != his]
    tell(len(found) == COUNT and not wrong, f"our signer for S3 equals botocore's on {COUNT} random requests", wrong[:1])

    # "Example: GET Bucket (List Objects)" of AWS's documentation, "Authorization Header", with virtual-hosted style: the bucket is the host.
    example = {"method": "GET", "host": "examplebucket.s3.amazonaws.com", "path": "/", "query": {"max-keys": "2", "prefix": "J"},
               "payload": hashlib.sha256(b"").hexdigest(), "access": "AKIAIOSFODNN7EXAMPLE", "token": "", "region": "us-east-1",
               "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "time": 1369353600}
    signature = ours([example], program)[0][2].rpartition("=")[2]
    tell(signature == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", "the example of AWS's documentation has its signature",
         signature)
sys.exit(failed)
