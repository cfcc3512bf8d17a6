"""The one import of a notebook's setup cell: moves the kernel to the repository's root and offers what every lesson uses."""

import os

from deploykit import ledger
from deploykit.errors import KitError
from deploykit.paths import ROOT
from deploykit.shell import run

__all__ = ["ROOT", "check", "exercise", "ledger", "run"]

# Papermill, nbval and JupyterLab start kernels in different folders; the lessons name files from the root.
os.chdir(ROOT)


def check(what: str, passed: bool, hint: str) -> None:
    """Confirm what the learner should have by now.

    Raises:
        KitError: it is not so; the hint says where to look.
    """
    if not passed:
        raise KitError(f"Not yet: {what}", hint)
    print(f"✓ {what}")


def exercise(what: str, solved: bool, hint: str) -> None:
    """Say whether an exercise is solved; unlike :func:`check` it lets the notebook go on when it is not."""
    print(f"✓ {what}" if solved else f"○ Not yet: {what}\n→ {hint}")
