"""The whole test suite: two pytest processes that share it, as apart from each other as two clones of the kit."""

import shutil
import sys

from deploykit.paths import ROOT, STATE
from deploykit.shell import CommandError, run

SECOND = STATE / "second"
"""What the second process keeps apart: its ledger, logs, and rehearsal cloud."""

PROCESSES = ["popen", f"popen//env:DEPLOYKIT_STATE={SECOND.relative_to(ROOT).as_posix()}"]
OPTIONS = ["--dist=loadscope", "--no-loadscope-reorder", *(f"--tx={process}" for process in PROCESSES)]
"""What to tell pytest-xdist; conftest.py says which tests make up a group."""


def remove_second() -> list[str]:
    """Remove what the second process left if it was ended before it could; return what is still there."""
    if not SECOND.exists():
        return []
    state = {"DEPLOYKIT_STATE": SECOND.relative_to(ROOT).as_posix()}
    try:
        run([sys.executable, "-m", "deploykit", "teardown"], env=state, quiet=True)
    except CommandError as error:
        return error.result.output.splitlines()
    shutil.rmtree(SECOND)
    return []
