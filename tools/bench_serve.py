#!/usr/bin/env python3
"""The HTTP core beside nginx: files, ranges, small answers, uploads, memory; prints a table for bench/serve.md.

    tools/bench_serve.py [--program build/bench/bench_serve] [--rounds 3] [--seconds 4] [--size 2GiB]

Needs nginx and wrk from Debian's packages. Rounds of the two servers are interleaved; a figure is the best of its rounds, which is the one that
other work on the machine disturbed least. CPU is user and system time of the server, the median of the rounds."""
import argparse, json, os, shutil, signal, statistics, subprocess, sys, tempfile, time, urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("--program", default="build/bench/bench_serve")
parser.add_argument("--rounds", type=int, default=6)
parser.add_argument("--seconds", type=int, default=2)
parser.add_argument("--size", type=int, default=2 << 30)
parser.add_argument("--only", default="")
options = parser.parse_args()
scratch = tempfile.mkdtemp(prefix="ciyuan-bench.")
file = os.path.join(scratch, "file.bin")
with open(file, "wb") as out:
    block = os.urandom(1 << 20)
    for _ in range(options.size >> 20):
        out.write(block)

NGINX = """
user root; worker_processes 2; daemon off; pid %(scratch)s/nginx.pid; error_log %(scratch)s/nginx.err;
events { worker_connections 2048; }
http { access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path %(scratch)s/body;
  proxy_temp_path %(scratch)s/proxy; fastcgi_temp_path %(scratch)s/f; uwsgi_temp_path %(scratch)s/u; scgi_temp_path %(scratch)s/s;
  default_type application/octet-stream;
  server { listen 127.0.0.1:%(port)d; root %(scratch)s; location = /file { alias %(scratch)s/file.bin; }
           location = /small { return 200 '%(small)s'; } } }
"""


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process and its children that live."""
    total = 0
    for each in [pid] + [int(x) for x in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]:
        fields = open(f"/proc/{each}/stat").read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def start_ciyuan():
    started = time.monotonic()
    process = subprocess.Popen([options.program, os.path.join(scratch, "data"), file], stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline())
    return process, port, time.monotonic() - started


def start_nginx():
    port = free_port()
    small = json.dumps({"id": "org/name", "tags": [f"tag:{i}" for i in range(40)]})
    with open(os.path.join(scratch, "nginx.conf"), "w") as out:
        out.write(NGINX % {"scratch": scratch, "port": port, "small": small})
    process = subprocess.Popen(["nginx", "-c", os.path.join(scratch, "nginx.conf"), "-p", scratch], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/small").read()
            return process, port
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx did not start")


UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def wrk(port, path, clients, headers=()):
    """requests a second, MB a second (10^6)"""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{options.seconds}s", "--timeout", "60s"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    rate = bytes_a_second = 0.0
    for line in text.splitlines():
        if line.startswith("Requests/sec"):
            rate = float(line.split()[1])
        if line.startswith("Transfer/sec"):
            value = line.split()[1]
            unit = value.lstrip("0123456789.")
            bytes_a_second = float(value[: -len(unit)]) * UNITS[unit]
        if "Socket errors" in line or "Non-2xx" in line:
            print("   ", line.strip())
    return rate, bytes_a_second / 1e6


def compare(name, path, clients, headers=(), small=False):
    if options.only not in name:
        return
    rows = {"ciyuan": [], "nginx": []}
    for _ in range(options.rounds):
        for server, (pid, port) in {"ciyuan": (ciyuan.pid, ciyuan_port), "nginx": (nginx.pid, nginx_port)}.items():
            before = cpu_seconds(pid)
            rate, speed = wrk(port, path, clients, headers)
            used = cpu_seconds(pid) - before
            amount = rate * options.seconds if small else speed * options.seconds / 1000
            rows[server].append((rate if small else speed, used / amount * (1e6 if small else 1) if amount else 0))
    figure = {server: max(x[0] for x in each) for server, each in rows.items()}
    cpu = {server: statistics.median(x[1] for x in each) for server, each in rows.items()}
    unit, per = ("/s", "µs CPU each") if small else (" MB/s", "s CPU a GB")
    print(f"| {name} | {figure['ciyuan']:,.0f}{unit} | {figure['nginx']:,.0f}{unit} | {figure['ciyuan'] / figure['nginx']:.2f} | "
          f"{cpu['ciyuan']:.3f} {per} | {cpu['nginx']:.3f} |", flush=True)


def upload(size):
    source = os.path.join(scratch, "upload.bin")
    with open(file, "rb") as a, open(source, "wb") as b:
        while b.tell() < size:
            b.write(a.read(1 << 20))
    seconds = []
    for _ in range(options.rounds):
        started = time.monotonic()
        subprocess.run(["curl", "-sf", "-T", source, "-o", os.devnull, f"http://127.0.0.1:{ciyuan_port}/upload"], check=True)
        seconds.append(time.monotonic() - started)
    started = time.monotonic()
    subprocess.run(["dd", f"if={source}", f"of={scratch}/copy", "bs=512K", "conv=fsync"], check=True, stderr=subprocess.DEVNULL)
    copied = time.monotonic() - started
    started = time.monotonic()
    subprocess.run(["sha256sum", source], check=True, stdout=subprocess.DEVNULL)
    hashed = time.monotonic() - started
    os.remove(source), os.remove(f"{scratch}/copy")
    print(f"| upload of {size / 1e6:,.0f} MB, spooled, hashed, synced | {size / min(seconds) / 1e6:,.0f} MB/s | "
          f"dd with fsync {size / copied / 1e6:,.0f} MB/s, sha256sum {size / hashed / 1e6:,.0f} MB/s | | | |", flush=True)


def memory():
    import socket
    idle = resident_mib(ciyuan.pid)
    sockets = []
    for _ in range(1000):
        s = socket.create_connection(("127.0.0.1", ciyuan_port))
        s.sendall(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
        sockets.append(s)
    for s in sockets:
        s.recv(65536)
    print(f"| resident, 1,000 connections that asked once | {resident_mib(ciyuan.pid):.0f} MiB | | | before: {idle:.0f} MiB | |", flush=True)
    for s in sockets:
        s.close()


try:
    ciyuan, ciyuan_port, ready = start_ciyuan()
    nginx, nginx_port = start_nginx()
    print("| what | ciyuan | nginx | ratio | ciyuan's CPU | nginx's CPU |\n| --- | --- | --- | --- | --- | --- |")
    print(f"| ready after | {ready * 1000:.0f} ms | | | | |\n| resident at start | {resident_mib(ciyuan.pid):.0f} MiB | | | | |")
    for clients in (1, 16, 256):
        compare(f"{options.size / 1e9:.1f} GB file, {clients} clients", "/file", clients)
    for clients in (1, 16, 256):
        compare(f"range of 8 MiB, {clients} clients", "/file", clients, ["Range: bytes=1000000-9388607"])
    for clients in (16, 256):
        compare(f"range of 64 KiB, {clients} clients", "/file", clients, ["Range: bytes=1000000-1065535"], small=True)
    for clients in (16, 64):
        compare(f"small JSON by a worker, {clients} clients", "/small", clients, small=True)
    if options.only in "upload":
        upload(1 << 30)
    if options.only in "memory":
        memory()
finally:
    for process in (p for p in (globals().get("ciyuan"), globals().get("nginx")) if p):
        process.send_signal(signal.SIGTERM)
        process.wait()
    shutil.rmtree(scratch, ignore_errors=True)
