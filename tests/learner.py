"""Somebody else on this machine: a clone of the kit with a ledger, logs and an identity of its own."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

from deploykit.paths import ROOT

SETUP = """
import sys
from deploykit import containers, ledger, reserve, service
from deploykit.errors import KitError
from deploykit.shell import run
from deploykit.teardown import teardown

def refused(act, *names, **more):
    try:
        act(*names, **more)
    except KitError as error:
        print(error.message, error.hint)
"""


class Learner:
    """Somebody with a clone of the kit, and a lesson: Python that all their programs begin with."""

    def __init__(self, clone: Path, lesson: str = "", **variables: str):
        self.clone, self.lesson = clone, lesson
        self.environment = {**os.environ, "PYTHONPATH": str(clone), **variables}
        copytree(ROOT / "deploykit", clone / "deploykit", ignore=ignore_patterns("__pycache__"))

    def begins(self, program: str) -> subprocess.Popen:
        """Start a program with that clone."""
        return subprocess.Popen(
            [sys.executable, "-c", SETUP + self.lesson + program],
            cwd=self.clone, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def does(self, program: str) -> str:
        """Run a program with that clone, and return what it printed."""
        with self.begins(program) as running:
            printed, complaints = running.communicate()
        assert running.returncode == 0, complaints
        return printed.strip()
