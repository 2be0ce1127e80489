"""Databases and object stores in other processes, for the case scripts: a PostgreSQL from Debian's package, and moto's S3, both on loopback."""
import atexit, glob, os, pwd, shutil, signal, socket, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


s3_process = None  # to be stopped (SIGSTOP) and let go on
postgres_process = None


def _as_nobody():
    """PostgreSQL does not run as root."""
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)


def postgres_program(name):
    return sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))[-1]


def postgres_pids():
    """The server's own process and those of its connections."""
    pid = postgres_process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid, *map(int, children.read().split())]


def postgres():
    """The URL of an empty database on a server of its own, or why there is none: (url, why)."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        return None, "PostgreSQL is not installed"
    programs, folder = os.path.dirname(found[-1]), tempfile.mkdtemp(prefix="ciyuan-postgres.", dir="/tmp")
    if os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "preexec_fn": _as_nobody, "cwd": "/"}
    subprocess.run([f"{programs}/initdb", "-D", folder, "-U", "ciyuan", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"], check=True, **quiet)
    global postgres_process
    server = postgres_process = subprocess.Popen([f"{programs}/postgres", "-D", folder, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c",
                               "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB"], **quiet)

    def end():
        server.send_signal(signal.SIGQUIT)
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    for _ in range(600):
        if subprocess.run([f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], **quiet).returncode == 0:
            return f"postgresql://ciyuan@127.0.0.1:{port}/postgres", ""
        time.sleep(0.05)
    return None, "PostgreSQL is installed and does not start"


def s3():
    """The URL of an empty place in an S3 of its own, its keys set in the environment, or why there is none: (url, why)."""
    global s3_process
    server = s3_process = subprocess.Popen([sys.executable, f"{ROOT}/tests/support/s3_server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    atexit.register(server.kill)
    words = server.stdout.readline().split()
    if len(words) != 3:
        return None, "moto is not installed"
    os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"] = words[1:]
    return f"s3://tests/hub?endpoint=http://127.0.0.1:{words[0]}", ""


def options(names):
    """The options of `ciyuan serve` for some of "postgres" and "s3"; a place that cannot be had is an error, for it was asked for."""
    made = []
    for name, option, make in (("postgres", "--database", postgres), ("s3", "--objects", s3)):
        if name in names:
            url, why = make()
            assert url, why
            made += [option, url]
    return made
