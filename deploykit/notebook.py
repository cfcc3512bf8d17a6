"""What every notebook's setup cell imports; importing it moves the kernel to the repository's root."""

import os

from deploykit import figures, journal, ledger, notebook_errors
from deploykit.errors import KitError
from deploykit.paths import ROOT
from deploykit.shell import run

__all__ = ["ROOT", "check", "exercise", "ledger", "run"]

# Papermill, nbval and JupyterLab start kernels in different folders; the lessons name files from the root.
os.chdir(ROOT)

# A company's proxy cannot answer for this computer.
for variable in ("NO_PROXY", "no_proxy"):
    os.environ[variable] = ",".join(filter(None, [os.environ.get(variable), "127.0.0.1", "localhost"]))

# As kernels.environment() says, for a notebook that was started by hand.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

figures.describe_all()
notebook_errors.install()
journal.begin()


def check(what: str, passed: bool, hint: str) -> None:
    """Confirm what the learner should have by now.

    Raises:
        KitError: it is not so; the hint says where to look.
    """
    if not passed:
        raise KitError(f"Not yet: {what}", hint)
    print(f"✓ {what}")
    journal.note(what)


def exercise(what: str, solved: bool, hint: str) -> None:
    """Say whether an exercise is solved; unlike :func:`check` it lets the notebook go on when it is not."""
    print(f"✓ {what}" if solved else f"○ Not yet: {what}\n→ {hint}")
