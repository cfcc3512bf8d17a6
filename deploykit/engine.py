"""The Docker engine: find it, or on a Debian machine of our own install and start it."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import docker
import requests
import tenacity
from docker.errors import DockerException

from deploykit import ledger, system
from deploykit.errors import KitError
from deploykit.paths import LOGS
from deploykit.shell import run

STARTING_SECONDS = 30
LEDGER_NAME = "docker engine"


@cache
def client() -> docker.DockerClient:
    """Connect to the engine that the ``docker`` command uses.

    Raises:
        KitError: no engine answers; the hint says what to type on this system.
    """
    try:
        found = docker.DockerClient(base_url=current_host(), timeout=600)
        found.ping()
    except DockerException as error:
        raise KitError(*_explain(error)) from None
    return found


def missing() -> str:
    """Return why no Docker engine can be used, or an empty string."""
    try:
        client().ping()
    except KitError as error:
        return error.message
    except (DockerException, requests.RequestException):
        client.cache_clear()  # it ran when we connected, and has ended since
        return "The Docker engine does not answer any more."
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


def _explain(error: DockerException) -> tuple[str, str]:
    """Turn the library's error into a cause and the next step."""
    if "ermission denied" in str(error):
        return (
            "There is no permission on the Docker engine's socket.",
            "Type: sudo usermod -aG docker $USER, then log in again.",
        )
    if not shutil.which("docker"):
        return "Docker is not installed.", _install_docker()
    start = (
        "sudo systemctl start docker"
        if sys.platform == "linux"
        else "open Docker Desktop and wait until it says running"
    )
    return "Docker is installed, but its engine does not run.", f"Start it: {start}"


def _install_docker() -> str:
    if sys.platform == "linux":
        return "On Debian or Ubuntu: sudo apt-get install docker.io (in WSL too)."
    return "Install Docker Desktop (or Colima on a Mac, Docker inside WSL on Windows) and start it."
