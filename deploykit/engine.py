"""The Docker engine: find it, or on a Debian machine of our own install and start it."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import docker
import requests
import tenacity
from docker.errors import DockerException

from deploykit import docker_errors, ledger, remedies, system
from deploykit.errors import KitError
from deploykit.paths import LOGS
from deploykit.shell import run

STARTING_SECONDS = 30
LEDGER_NAME = "docker engine"


def client() -> docker.DockerClient:
    """Return a connection to the engine that the ``docker`` command uses; the engine has just answered on it.

    Raises:
        KitError: no engine answers; the hint says what to type on this system.
    """
    try:
        found = connection()
        found.ping()
    except (DockerException, requests.RequestException) as error:
        raise silent(error) from None
    return found


def silent(error: Exception) -> KitError:
    """Say why the engine did not answer and what to type, and forget the connection to it."""
    connection.cache_clear()
    return KitError(*_explain(error))


@cache
def connection() -> docker.DockerClient:
    """Connect to the engine, once."""
    return docker.DockerClient(base_url=current_host(), timeout=600)


def missing() -> str:
    """Return why no Docker engine can be used, or an empty string."""
    try:
        client()
    except KitError as error:
        return error.message
    return ""


def ensure() -> None:
    """Use the engine that runs; where none does, install and start one if this system allows it.

    Raises:
        KitError: there is no engine and none may be installed.
    """
    reason = missing()
    if not reason:
        return
    if not system.may_install() or "permission" in reason:
        client()
    if not shutil.which("dockerd"):
        system.install("docker.io", "iptables", why="the Docker engine")
    _start()


def is_desktop() -> bool:
    """Tell whether the engine runs in Docker Desktop's virtual machine, whose containers have no address here."""
    return "Docker Desktop" in client().info().get("OperatingSystem", "")


def _start() -> None:
    print("Starting the Docker engine (python -m deploykit teardown stops it)")
    if Path("/run/systemd/system").exists():
        ledger.add(LEDGER_NAME, "engine", undo="systemctl stop docker.socket docker.service")
        run("systemctl start docker", quiet=True)
    else:
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / "dockerd.log").open("wb") as log:
            # A session of its own: the engine outlives this command, as a system service would.
            process = subprocess.Popen(["dockerd"], stdout=log, stderr=log, start_new_session=True)
        ledger.add_process(LEDGER_NAME, process.pid, shared=True)
    _wait()


@tenacity.retry(stop=tenacity.stop_after_delay(STARTING_SECONDS), wait=tenacity.wait_fixed(0.3), reraise=True)
def _wait() -> None:
    client()


def current_host() -> str | None:
    """Return the address of the docker command's current context (Docker Desktop and Colima use one of their own)."""
    if not shutil.which("docker"):
        return None
    found = run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], check=False, quiet=True)
    return found.text if found.returncode == 0 and found.text else None


def _explain(error: Exception) -> tuple[str, str]:
    """Turn the library's error into a cause and the next step."""
    if "ermission denied" in str(error):
        return "There is no permission on the Docker engine's socket.", docker_errors.NO_PERMISSION
    if not shutil.which("docker"):
        return "Docker is not installed.", f"Type: {remedies.here('install docker')}"
    return "Docker is installed, but its engine does not run.", docker_errors.NOT_RUNNING
