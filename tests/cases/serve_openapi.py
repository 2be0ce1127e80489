"""The API held against its own OpenAPI document by schemathesis: no request that the document allows, or almost allows, is answered 5xx."""
import os, re, subprocess, sys
from _case import case, finish, scratch
from _hub import Hub

SEED = "20261124"  # a failure can be repeated
FUZZ_SECONDS = "10"
program = os.path.join(os.path.dirname(sys.executable), "schemathesis")


def run(hub, phases, *options):
    headers = ["-H", "Authorization: Bearer " + hub.admin] if hub.admin else []
    done = subprocess.run([program, "run", hub.url + "/api/v1/openapi.json", *headers, "--checks", "not_a_server_error", "--phases", phases,
                           "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--seed", SEED, *options],
                          capture_output=True, text=True, cwd=scratch, timeout=240, env=dict(os.environ, NO_COLOR="1"))
    count = re.search(r"(\d+) generated", done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert count and int(count.group(1)) > 500, done.stdout[-1000:]


def with_hub(work):
    if not os.path.exists(program):
        return "schemathesis is not installed"
    hub = Hub()
    try:
        hub.user("alice", "--admin")
        hub.admin = hub.token("alice", "admin")
        hub.ask("POST", "/api/repos/create", hub.admin, {"name": "x", "type": "dataset"})
        work(hub)
        assert hub.ask("GET", "/readyz")[0] == 200
        failures = [line for line in open(hub.log) if re.search(r'"status":5(?!03)', line)]
        assert not failures, failures[:3]
    finally:
        hub.stop()


@case("an admin's requests at the edges of what the document allows find no server error")
def _():
    return with_hub(lambda hub: run(hub, "coverage"))


@case("an admin's random requests find no server error")
def _():
    return with_hub(lambda hub: run(hub, "fuzzing", "--max-time", FUZZ_SECONDS))


@case("nobody's requests find no server error")
def _():
    def work(hub):
        hub.admin = None
        run(hub, "coverage")
    return with_hub(work)


finish()
