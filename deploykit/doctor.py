"""Look at this machine: what the kit needs, what is there or too old, and what to type for it."""

import importlib.metadata
import re
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from docker.errors import ImageNotFound

from deploykit import account, base_image, browser, engine, needs, remedies
from deploykit.errors import KitError
from deploykit.paths import ROOT
from deploykit.rehearsal import network
from deploykit.shell import run

DISK_GB = 6
MEMORY_GB = 4
PYTHON = (3, 11)
"""The one that the lock is for."""

DOCKER = (20, 10)
"""The first with private cgroup namespaces, in which the rehearsal's machines run systemd."""

GCLOUD = (515, 0)
"""The first whose ``run deploy`` knows --startup-probe."""

SSH = (7, 6)
"""The first that can be told to take a new host's key (StrictHostKeyChecking=accept-new)."""


class State(StrEnum):
    """Whether something is as it should be; each value is the word that the report shows."""

    OK = "OK"
    MISSING = "missing"
    OLD = "old"
    TAKEN = "taken"


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``advice`` says what to type on this computer when it is not fine."""

    what: str
    state: State
    detail: str
    advice: str = ""

    @property
    def fine(self) -> bool:
        """Whether there is nothing to do."""
        return self.state is State.OK


def examine(target: str = "rehearsal") -> list[Finding]:
    """Return one finding for each thing that the kit needs; for the "cloud" also of the learner's accounts there."""
    return [look() for look in (*MACHINE, *(ACCOUNTS if target == "cloud" else ()))]


def _python() -> Finding:
    version, found = ".".join(map(str, sys.version_info[:3])), sys.version_info[:2]
    state = State.OK if found == PYTHON else State.OLD if found < PYTHON else State.MISSING
    return Finding("Python", state, version, remedies.here("environment"))


def _lock() -> Finding:
    """Compare what is installed with what the lock pins."""
    pins = re.findall(
        r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: ; (.*?))? \\$",
        (ROOT / "requirements.lock").read_text(encoding="utf-8"),
        re.M,
    )
    differing = [name for name, version, marker in pins if not marker and _installed(name) != version]
    detail = f"{len(pins)} packages" if not differing else f"{len(differing)} differ, such as {differing[0]}"
    return _finding("packages as in the lock", not differing, detail, "environment")


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free / 1e9
    return _finding("disk space", free > DISK_GB, f"{free:.0f} GB free, of which the chain needs {DISK_GB}", "disk")


def _ports() -> Finding:
    """Look at the only ports that have a fixed number: a machine's, where its own address cannot be reached."""
    if engine.missing() or network.has_routes():
        return Finding("ports", State.OK, "every lesson takes one that is free")
    taken = [str(port) for port in network.PUBLISHED_PORTS if _answers(port)]
    if taken:
        return Finding("ports", State.TAKEN, f"something listens on {', '.join(taken)}", remedies.here("port"))
    return Finding("ports", State.OK, f"{', '.join(map(str, network.PUBLISHED_PORTS))} are free")


def _docker() -> Finding:
    try:
        needs.require("docker")
        info = engine.client().info()
    except KitError as error:
        return _missing("Docker engine", error.message, error)
    version, memory = info["ServerVersion"], info["MemTotal"] / 1e9
    if _number(version) < DOCKER:
        return _old("Docker engine", version, DOCKER, "update docker")
    return _finding("Docker engine", memory >= MEMORY_GB - 1, f"{version}, {memory:.0f} GB of memory", "docker memory")


def _base_image() -> Finding:
    what = "base image"
    try:
        engine.client().images.get(base_image.NAME)
    except KitError as error:
        return _missing(what, "it waits for the Docker engine", error)
    except ImageNotFound:
        return _finding(what, False, f"{base_image.NAME} is not in the engine yet", "base image")
    return Finding(what, State.OK, base_image.NAME)


def _aws() -> Finding:
    return _program("aws", lambda: importlib.metadata.version("awscli"))


def _gcloud() -> Finding:
    def version() -> str:
        return run("gcloud version --format=json", quiet=True).json()["Google Cloud SDK"]

    return _program("gcloud", version, at_least=GCLOUD, update="update gcloud")


def _ssh() -> Finding:
    def version() -> str:
        return run("ssh -V", quiet=True).output.strip().split(",")[0].removeprefix("OpenSSH_")

    return _program("ssh", version, at_least=SSH, update="ssh")


def _nginx() -> Finding:
    return Finding("nginx", State.OK, "not needed here: the lesson's machine installs its own")


def _browser() -> Finding:
    found = browser.find_browser()
    answer = run([found, "--version"], check=False, quiet=True) if found else None
    fine = answer is not None and answer.returncode == 0
    return _finding("browser", fine, answer.text if fine else "there is neither Chromium nor Chrome", "browser")


def _google_billing() -> str:
    account.require_billing(account.google_project())
    return "enabled"


def _google_apis() -> str:
    project = account.google_project()
    if disabled := account.disabled_apis(project, account.all_apis()):
        names = ", ".join(api.partition(".")[0] for api in disabled)
        raise KitError(f"not enabled: {names}", f"gcloud services enable {' '.join(disabled)}")
    return "all that the lessons use are enabled"


def _account(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, State.OK, look())
    except KitError as error:
        return _missing(what, error.message, error)


def _program(name: str, version: Callable[[], str], *, at_least: tuple[int, ...] = (), update: str = "") -> Finding:
    try:
        needs.require(name)
    except KitError:
        return _finding(name, False, "not found", needs.PROGRAMS[name])
    try:
        found = version()
    except (KitError, ValueError, LookupError, importlib.metadata.PackageNotFoundError):
        return _finding(name, False, "it is there, but does not say its version", needs.PROGRAMS[name])
    return _old(name, found, at_least, update) if _number(found) < at_least else Finding(name, State.OK, found)


def _finding(what: str, fine: bool, detail: str, remedy: str) -> Finding:
    return Finding(what, State.OK if fine else State.MISSING, detail, remedies.here(remedy))


def _missing(what: str, detail: str, error: KitError) -> Finding:
    return Finding(what, State.MISSING, detail, error.hint.removeprefix("Type: "))


def _old(what: str, version: str, at_least: tuple[int, ...], remedy: str) -> Finding:
    wanted = ".".join(map(str, at_least))
    return Finding(what, State.OLD, f"{version}; the lessons need {wanted} or newer", remedies.here(remedy))


def _number(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "nothing"


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


MACHINE = (
    _python, _lock, _disk, _ports, _docker, _base_image, _aws, _gcloud, _ssh, _nginx, _browser,
)  # fmt: skip
ACCOUNTS = (
    lambda: _account("Google account", account.google_user),
    lambda: _account("Google project", account.google_project),
    lambda: _account("Google billing", _google_billing),
    lambda: _account("Google APIs", _google_apis),
    lambda: _account("AWS account", account.aws_user),
)
