"""What the second process of the suite leaves when it is killed is found again, and removed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from deploykit import suite
from deploykit.paths import ROOT, STATE

SERVICE = """
service = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
ledger.add_process("service", service.pid)
print(service.pid)
"""
STUBBORN = 'ledger.add("bucket", "storage bucket", undo="false")'


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return a call that runs a program with a state of its own, kills it, and gives what it printed."""
    monkeypatch.setattr(suite, "SECOND", STATE / "killed")

    def run(program: str) -> str:
        begin, end = "import os, subprocess, sys\nfrom deploykit import ledger\n", "\nsys.stdout.flush(); os.abort()"
        state = {**os.environ, "DEPLOYKIT_STATE": str(suite.SECOND)}
        command = [sys.executable, "-c", begin + program + end]
        return subprocess.run(command, cwd=ROOT, env=state, stdout=subprocess.PIPE, text=True).stdout

    yield run
    shutil.rmtree(suite.SECOND, ignore_errors=True)


def test_what_it_started_ends_and_its_state_goes(killed: Callable[[str], str]):
    service = psutil.Process(int(killed(SERVICE)))
    assert suite.remove_second() == []
    assert not service.is_running()
    assert not suite.SECOND.exists()
    assert suite.remove_second() == []


def test_what_cannot_be_removed_is_named_and_its_state_stays(killed: Callable[[str], str]):
    killed(STUBBORN)
    assert any("storage bucket bucket" in line for line in suite.remove_second())
    assert (suite.SECOND / "ledger.json").exists()
