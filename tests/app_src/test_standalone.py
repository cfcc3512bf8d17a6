"""A service stands alone: it needs its own folder, its requirements, and nothing of the kit."""

import ast
import os
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from deploykit.lock import SERVICES, hashes

FOLDERS = sorted(path.parent for path in SERVICES.glob("*/start.sh"))
TRAINING_SIDE = {"pipeline", "train"}
"""Files that lie with a service and that the service never imports: were one imported, it would count as foreign."""
each_service = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def imported(path: Path) -> set[str]:
    """Return the top-level modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}


@each_service
def test_service_imports_only_its_requirements(folder: Path) -> None:
    files = [path for path in folder.glob("*.py") if path.stem not in TRAINING_SIDE]
    outside = set().union(*map(imported, files)) - {path.stem for path in files} - sys.stdlib_module_names
    pinned = hashes((folder / "requirements.txt").read_text(encoding="utf-8"))
    allowed = {canonicalize_name(pin.split("==")[0]) for pin in pinned}
    found = packages_distributions()
    assert {canonicalize_name(found[name][0]) for name in outside} <= allowed


@each_service
def test_start_script_can_be_executed(folder: Path) -> None:
    assert os.access(folder / "start.sh", os.X_OK)
