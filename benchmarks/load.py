"""Load from a process of its own: wrk where there is one, else Locust, which is in the kit's environment."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.calls import Call
from benchmarks.results import Load
from deploykit.errors import KitError
from deploykit.shell import run
from deploykit.system import ensure_program, install_hint, may_install

HERE = Path(__file__).parent
PATIENCE_SECONDS = 60


def generator() -> str:
    """Return the program that makes the load, and say what follows from it; install wrk where the kit may do that."""
    if may_install():
        ensure_program("wrk", package="wrk", why="making load")
    if shutil.which("wrk"):
        return "wrk"
    print(f"Locust makes the load: slower than wrk, it flatters the slow. {install_hint('wrk')}")
    return "locust"


def measure(url: str, call: Call, *, connections: int, seconds: int) -> Load:
    """Let so many clients send a call to a service, each again as soon as it has its answer.

    Raises:
        KitError: the load could not be made.
    """
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_bytes(call.body)
        send = _wrk if shutil.which("wrk") else _locust
        seen = send(url, call, body, connections, seconds)
    return Load(connections=connections, **seen)


def _wrk(url: str, call: Call, body: Path, connections: int, seconds: int) -> dict:
    options = ["--threads", 1, "--connections", connections, "--duration", f"{seconds}s"]
    script = ["--timeout", f"{PATIENCE_SECONDS}s", "--script", HERE / "wrk.lua"]
    words = ["wrk", *options, *script, url + call.path, "--", body, call.content_type]
    return parse_wrk(run(words, quiet=True).stdout)


def parse_wrk(output: str) -> dict:
    """Return what wrk.lua wrote after wrk's own summary.

    Raises:
        KitError: it wrote nothing: not one answer came.
    """
    last = output.rstrip().rpartition("\n")[2]
    if not last.startswith("{"):
        raise KitError(f"wrk ended without a result:\n{output}", "Look at the service's log.")
    return json.loads(last.replace("-nan", "0").replace("nan", "0"))


def _locust(url: str, call: Call, body: Path, connections: int, seconds: int) -> dict:
    seen = body.with_name("seen.json")
    variables = {"BODY": body, "CONTENT_TYPE": call.content_type, "ENDPOINT": call.path, "SEEN": seen}
    users = ["--users", connections, "--spawn-rate", connections, "--run-time", f"{seconds}s", "--stop-timeout", 0]
    script = ["--headless", "--only-summary", "--locustfile", HERE / "locust_load.py", "--host", url]
    words = [sys.executable, "-m", "locust", *script, *users, "--exit-code-on-error", 0]
    run(words, env={name: str(value) for name, value in variables.items()}, quiet=True)
    return json.loads(seen.read_text(encoding="utf-8"))
