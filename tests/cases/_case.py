"""What the case scripts share: the program, a scratch folder, and lines `ok - …`."""
import os, shutil, subprocess, sys, tempfile, traceback

CIYUAN = os.environ.get("CIYUAN", "build/release/ciyuan")
SHARED = os.environ.get("CIYUAN_SHARED", "")
scratch = tempfile.mkdtemp(prefix="ciyuan-case.")
failed = False


def case(sentence):
    """Runs the decorated function at once as one case; an assertion that fails is its reason."""
    def run(function):
        global failed
        try:
            reason = function()
            print(f"skip - {sentence}: {reason}" if reason else f"ok - {sentence}", flush=True)
        except Exception as error:
            failed = True
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"not ok - {sentence}: {error or type(error).__name__} (line {where.lineno}: {where.line})", flush=True)
        return function
    return run


def ciyuan(*arguments, status=0, **options):
    """Runs the program, checks its exit status, and gives what it printed (stdout, stderr)."""
    done = subprocess.run([CIYUAN, *map(str, arguments)], capture_output=True, text=True, **options)
    assert done.returncode == status, f"exit status {done.returncode}, expected {status}: {done.stderr[-500:]}"
    return done.stdout, done.stderr


def write(name, text):
    path = os.path.join(scratch, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb" if isinstance(text, bytes) else "w") as file:
        file.write(text)
    return path


def finish():
    shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if failed else 0)
