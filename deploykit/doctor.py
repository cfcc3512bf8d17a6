"""Look at this machine: what the kit needs, what is there, and what to type for what is missing."""

import importlib.metadata
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploykit import browser, engine
from deploykit.errors import KitError
from deploykit.paths import ROOT
from deploykit.shell import environment_for_commands, find_program

DISK_GB = 6
MEMORY_GB = 4


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``advice`` says what to type when it is not fine."""

    what: str
    fine: bool
    detail: str
    advice: str = ""


def examine() -> list[Finding]:
    """Return one finding for each thing that the kit needs."""
    return [look() for look in (_python, _lock, _disk, _docker, _aws, _ssh, _browser)]


def show() -> bool:
    """Print the report and tell whether everything is fine."""
    findings = examine()
    table = Table("", "what", "found", "what to type", title="This machine", title_justify="left")
    for finding in findings:
        mark = "[green]OK[/]" if finding.fine else "[red]missing[/]"
        table.add_row(mark, finding.what, finding.detail, "" if finding.fine else finding.advice)
    Console().print(table)
    return all(finding.fine for finding in findings)


def _python() -> Finding:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
    return Finding("Python", sys.version_info[:2] == (3, 11), version, "rm -rf .venv, then python -m deploykit doctor")


def _lock() -> Finding:
    """Compare what is installed with what the lock pins."""
    pins = re.findall(
        r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: ; (.*?))? \\$",
        (ROOT / "requirements.lock").read_text(encoding="utf-8"),
        re.M,
    )
    differing = [name for name, version, marker in pins if not marker and _installed(name) != version]
    detail = f"{len(pins)} packages" if not differing else f"{len(differing)} differ, such as {differing[0]}"
    return Finding("packages as in the lock", not differing, detail, "rm -rf .venv, then python -m deploykit doctor")


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "nothing"


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free / 1e9
    return Finding("disk space", free > DISK_GB, f"{free:.0f} GB free", f"make room: the chain needs {DISK_GB} GB")


def _docker() -> Finding:
    try:
        info = engine.client().info()
    except KitError as error:
        return Finding("Docker engine", False, error.message, error.hint)
    memory = info["MemTotal"] / 1e9
    advice = f"give the engine {MEMORY_GB} GB (Docker Desktop: Settings, Resources)"
    return Finding(
        "Docker engine", memory >= MEMORY_GB - 1, f"{info['ServerVersion']}, {memory:.0f} GB of memory", advice
    )


def _aws() -> Finding:
    return _program(
        "aws", lambda: importlib.metadata.version("awscli"), "rm -rf .venv, then python -m deploykit doctor"
    )


def _ssh() -> Finding:
    advice = "Debian/Ubuntu: apt-get install openssh-client; macOS has it; Windows: inside WSL"
    return _program("ssh", lambda: "found", advice)


def _browser() -> Finding:
    found = browser.find_browser()
    advice = "Debian/Ubuntu: apt-get install chromium; macOS and Windows: install Chrome"
    return Finding("browser", bool(found), Path(found).name if found else "not found", advice)


def _program(name: str, detail: Callable[[], str], advice: str) -> Finding:
    try:
        find_program(name, environment_for_commands()["PATH"])
        return Finding(name, True, detail())
    except (KitError, importlib.metadata.PackageNotFoundError):
        return Finding(name, False, "not found", advice)
