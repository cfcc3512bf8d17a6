"""pyproject.toml, requirements.lock and the services' requirements say the same; nothing here needs a network."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploykit.errors import KitError
from deploykit.lock import LOCK, SERVICES, cut, hashes, with_hashes
from deploykit.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = {"project": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}
NAMED = [pytest.param(line, id=f"{group}-{line}") for group, lines in GROUPS.items() for line in lines]
REQUIREMENTS = sorted(SERVICES.glob("*/requirements.txt"))
each_service = pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.parent.name)


def pins(path: Path) -> dict[str, list[str]]:
    """Return the pinned versions of every package of a lock."""
    found: dict[str, list[str]] = {}
    for pin in hashes(path.read_text(encoding="utf-8")):
        name, version = pin.split("==")
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


LOCKED = pins(LOCK)


@pytest.mark.parametrize("line", NAMED)
def test_lock_satisfies_every_dependency(line: str) -> None:
    wanted = Requirement(line)
    versions = LOCKED.get(canonicalize_name(wanted.name), [])
    assert any(wanted.specifier.contains(version) for version in versions), f"{line}: the lock has {versions}"


@each_service
def test_service_is_pinned_as_in_the_lock(path: Path) -> None:
    lock = hashes(LOCK.read_text(encoding="utf-8"))
    assert hashes(path.read_text(encoding="utf-8")).items() <= lock.items()


@each_service
def test_service_has_what_its_group_names(path: Path) -> None:
    pinned = pins(path)
    wanted = [Requirement(line) for line in GROUPS[path.parent.name]]
    assert all(any(map(one.specifier.contains, pinned.get(canonicalize_name(one.name), []))) for one in wanted)


def test_every_service_has_requirements() -> None:
    services = {path.parent.name for path in SERVICES.glob("*/start.sh")}
    assert {path.parent.name for path in REQUIREMENTS} == services


@pytest.mark.parametrize("path", [LOCK, *REQUIREMENTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_lock_names_no_host_and_pins_everything(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not [line for line in text.splitlines() if re.match(r"\w", line) and "==" not in line]


def test_pins_get_the_locks_hashes() -> None:
    lock = (
        "flask==3.1.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "numpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=sha256:cc\n"
    )
    assert with_hashes("flask==3.1.3 ; os_name == 'nt'\n", lock) == (
        "flask==3.1.3 ; os_name == 'nt' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )


def test_pin_that_the_lock_lacks_is_refused() -> None:
    with pytest.raises(KitError, match="does not have flask==9"):
        with_hashes("flask==9\n", "")


def test_unknown_service_is_refused() -> None:
    with pytest.raises(KitError, match="no dependency group 'nope'"):
        cut("nope")
