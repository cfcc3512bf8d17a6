"""A copy of the repository in which a test may put notebooks and run pytest as ``make test`` does."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploykit.paths import ROOT

COPIED = (
    "deploykit", "data", "conftest.py", "pyproject.toml",
    "tests/nbval.cfg", "tests/notebooks/anatomy.py", "tests/notebooks/solutions.py",
)  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """The copy: it has the kit, its settings and no notebooks."""

    root: Path

    def pytest(self, *paths: Path | str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        """Run pytest with what the repository sets, and nothing else, and return what it printed."""
        command = [sys.executable, "-m", "pytest", "-rA", *map(str, paths)]
        variables = {**os.environ, "PYTHONPATH": str(self.root), "COLUMNS": "200", **(env or {})}
        done = subprocess.run(
            command, cwd=cwd or self.root, env=variables, capture_output=True, encoding="utf-8", timeout=300
        )
        return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Return a fresh copy of the repository."""
    root = tmp_path / "kit"
    for name in COPIED:
        source, copied = ROOT / name, root / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, copied)
    return Copy(root)
