"""However the chain ends, its kernels and what they started end too."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploykit.paths import ROOT
from tests.notebook_files import write_notebook

CHAIN = """
import sys
from pathlib import Path
from deploykit import chain, ledger
from deploykit.catalog import Notebook

folder = Path(sys.argv[1])
ledger.FILE = folder / "ledger.json"
chain.teardown = lambda: ledger.undo_all(where="local")
ledger.add("probe", "file", undo=f"rm {folder / 'probe'}")
notebooks = [Notebook("01/plain", folder=folder), Notebook("01/parent", folder=folder)]
sys.exit(chain.Chain(notebooks, chain.new_folder(folder / "runs"), jobs=2).run())
"""
SLEEP = "import os, pathlib, subprocess, time\npathlib.Path('{name}.pid').write_text(str({pid}))\ntime.sleep(300)"
CHILD = "subprocess.Popen(['sleep', '300']).pid"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Start a chain of two notebooks, one of which has a child process, and wait until both sleep."""
    (tmp_path / "probe").touch()
    write_notebook(tmp_path / "01" / "plain.ipynb", SLEEP.format(name="plain", pid="os.getpid()"))
    write_notebook(tmp_path / "01" / "parent.ipynb", SLEEP.format(name="child", pid=CHILD))
    command = [sys.executable, "-c", CHAIN, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    _wait_for(lambda: len(list(tmp_path.rglob("*.pid"))) == 2, seconds=60)
    yield process
    for survivor in _family(process):
        survivor.kill()
    process.wait()


def ctrl_c_in_a_terminal(process: subprocess.Popen) -> None:
    """Send SIGINT as a terminal does: to the chain and to its workers."""
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("end", [ctrl_c_in_a_terminal, subprocess.Popen.terminate], ids=lambda end: end.__name__)
def test_interrupted_chain_leaves_nothing_and_tears_down(running, tmp_path, end):
    started = _started(running, tmp_path)
    end(running)
    said = running.communicate(timeout=30)[0]
    assert running.returncode == 130
    assert not [process for process in started if process.is_running()]
    assert not (tmp_path / "probe").exists()
    assert "2 not run" in said and (tmp_path / "runs" / "latest" / "report.html").exists()


def test_killed_chain_takes_its_workers_and_kernels_with_it(running, tmp_path):
    started = _started(running, tmp_path)
    running.kill()
    _wait_for(lambda: not [process for process in started if process.is_running()], seconds=10)
    assert (tmp_path / "probe").exists(), "what is left is for python -m deploykit teardown"


def _started(running: subprocess.Popen, folder: Path) -> list[psutil.Process]:
    """Return the chain's workers, their kernels, and the kernels' children."""
    family = _family(running)
    told = {int(file.read_text(encoding="utf-8")) for file in folder.rglob("*.pid")}
    assert told <= {process.pid for process in family}
    return family[1:]


def _family(process: subprocess.Popen) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _wait_for(true: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
