"""An S3 for tests: moto on a free port of loopback, with authentication switched on.

Prints "PORT ACCESS_KEY SECRET_KEY" of a user who may do all in S3, and serves the bucket "tests" until its standard input ends.
"""
import json
import os
import sys

# So many calls are let through without a signature: those that make the first user. All after them need one.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "nobody"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

try:
    import boto3
    import logging
    from moto.server import ThreadedMotoServer
except ImportError as why:
    sys.exit(f"moto is not there: {why}")

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
url = f"http://127.0.0.1:{port}"
iam = boto3.client("iam", endpoint_url=url)
iam.create_user(UserName="ciyuan")
key = iam.create_access_key(UserName="ciyuan")["AccessKey"]
allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="ciyuan", PolicyName="all", PolicyDocument=json.dumps(allowed))
s3 = boto3.client("s3", endpoint_url=url, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
s3.create_bucket(Bucket="tests")
print(port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
os._exit(0)
