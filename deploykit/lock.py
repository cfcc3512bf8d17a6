"""The lock: one list of pins with hashes for everything, and for each service the part of it that the service needs.

A service's requirements are cut from the lock, so that the libraries that trained a model are those that serve it.
"""

import re
import shlex
import tomllib
from pathlib import Path

from deploykit.errors import KitError
from deploykit.paths import ROOT
from deploykit.shell import run

LOCK = ROOT / "requirements.lock"
SERVICES = ROOT / "app_src"
COMPILE = shlex.split(
    "uv pip compile --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --quiet"
)
NOTE = "# Cut from requirements.lock by `python -m deploykit lock`; change pyproject.toml instead.\n"


def regenerate(*, upgrade: bool = False) -> None:
    """Write requirements.lock from all groups of pyproject.toml.

    Args:
        upgrade: take the newest versions; otherwise pins that still fit stay as they are.
    """
    groups = [word for name in group_names() for word in ("--group", name)]
    options = ["--generate-hashes", "--output-file", LOCK.name, *(["--upgrade"] if upgrade else [])]
    run([*COMPILE, "pyproject.toml", *groups, *options], tail=0)


def cut(service: str) -> Path:
    """Write app_src/<service>/requirements.txt: the lock's pins and hashes for the group named after the service.

    Raises:
        KitError: pyproject.toml has no such group, or the lock lacks something that the group needs.
    """
    if service not in group_names():
        raise KitError(
            f"pyproject.toml has no dependency group '{service}'.",
            f"Add one under [dependency-groups]; the groups are {', '.join(group_names())}.",
        )
    pins = run([*COMPILE, "--group", service, "--constraint", LOCK.name], quiet=True).stdout
    path = SERVICES / service / "requirements.txt"
    path.write_text(NOTE + with_hashes(pins, LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def group_names() -> list[str]:
    """Return the names of the dependency groups."""
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"])


def with_hashes(pins: str, lock: str) -> str:
    """Give every pin the hashes that it has in the lock: an index may have got more files since."""
    known = hashes(lock)
    lines = []
    for pin in pins.splitlines():
        name = pin.split(" ;")[0].strip()
        if name not in known:
            raise KitError(f"requirements.lock does not have {name}.", "Type: python -m deploykit lock")
        lines.append(" \\\n    ".join([pin, *known[name]]))
    return "\n".join(lines) + "\n"


def hashes(lock: str) -> dict[str, list[str]]:
    """Read a lock: the ``--hash`` options of every ``name==version``."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    return {entry.split()[0]: re.findall(r"--hash=\S+", entry) for entry in entries if "--hash=" in entry}
