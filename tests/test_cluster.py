"""The chain runs on a Dask cluster: a real scheduler and two workers, each a process of its own."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
import tenacity

from deploykit import chain, cluster, ledger
from deploykit.catalog import Notebook
from deploykit.chain import Chain
from deploykit.errors import KitError
from deploykit.outcome import State
from deploykit.paths import ROOT
from tests.notebook_files import write_notebook

DASK = [sys.executable, "-m", "dask"]
WHO = "import os, psutil, time\nfrom pathlib import Path\nfile = Path(NAME)\n"
TELL = "file.write_text(' '.join(str(process.pid) for process in psutil.Process().parents()))"


@contextmanager
def program(*words: str, log: Path) -> Iterator[subprocess.Popen]:
    """Run a dask command, and end it with all its children."""
    with log.open("w", encoding="utf-8") as out:
        started = subprocess.Popen([*DASK, *words], cwd=ROOT, stdout=out, stderr=out)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler without workers and return its address."""
    folder = tmp_path_factory.mktemp("scheduler")
    told = folder / "scheduler.json"
    words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    with program(*words, log=folder / "scheduler.log"):
        wait_for(told.exists)
        yield json.loads(told.read_text(encoding="utf-8"))["address"]


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[int]]:
    """Start two workers, and return the numbers of their processes."""
    words = ("worker", scheduler, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard")
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                program(*words, "--no-nanny", "--local-directory", str(tmp_path / name), log=tmp_path / f"{name}.log")
            ).pid
            for name in ("one", "two")
        ]


@pytest.fixture
def run(workers: list[int], scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a call that runs a chain of notebooks, given as their cells, on the cluster."""
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger.json")
    monkeypatch.setattr(chain, "teardown", lambda: [])
    wait_for(lambda: slots(scheduler) == 2)

    def start(**cells: str) -> Chain:
        for name, cell in cells.items():
            write_notebook(tmp_path / f"01/{name}.ipynb", WHO.replace("NAME", repr(str(tmp_path / name))) + cell)
        run = Chain([Notebook(f"01/{name}", folder=tmp_path) for name in cells], chain.new_folder(tmp_path / "runs"))
        run.status = run.run_on(scheduler)
        return run

    return start


def slots(address: str) -> int:
    try:
        found = cluster.Cluster(address)
    except KitError:
        return 0
    with closing(found):
        return found.slots


def wait_for(condition, seconds: float = 30) -> None:
    again = tenacity.retry_if_result(lambda is_so: not is_so)
    tenacity.Retrying(stop=tenacity.stop_after_delay(seconds), wait=tenacity.wait_fixed(0.1), retry=again)(condition)


def test_notebooks_run_side_by_side_on_both_workers(run, workers, tmp_path):
    meet = f"{TELL}\nother = file.with_name(OTHER)\nwhile not other.exists(): time.sleep(0.1)"
    done = run(left=meet.replace("OTHER", "'right'"), right=meet.replace("OTHER", "'left'"))
    assert done.status == 0
    parents = [set(map(int, (tmp_path / name).read_text().split())) for name in ("left", "right")]
    assert sorted(next(iter(found & set(workers))) for found in parents) == sorted(workers)


def test_models_go_where_this_run_keeps_them(run, tmp_path, monkeypatch):
    monkeypatch.setattr(chain, "Job", partial(chain.Job, models=tmp_path / "seed-7"))
    assert run(where="from deploykit.paths import MODELS\nfile.write_text(str(MODELS))").status == 0
    assert (tmp_path / "where").read_text() == str(tmp_path / "seed-7")


def test_a_failure_names_the_cell(run):
    done = run(bad="raise ValueError('boom')", good="pass")
    assert done.status == 1
    assert done.outcomes["01/bad"].failure.error == "ValueError: boom"
    assert done.outcomes["01/good"].state is State.PASSED


def test_a_notebook_whose_worker_dies_runs_again_on_the_other(run, workers, tmp_path):
    die = f"""if not file.exists():
    file.touch()
    os.kill(next(process.pid for process in psutil.Process().parents() if process.pid in {workers}), 9)
    time.sleep(60)"""
    done = run(unlucky=die)
    assert done.status == 0 and (tmp_path / "unlucky").exists()


def test_ctrl_c_ends_the_notebooks_on_the_cluster(run, tmp_path):
    def interrupt() -> None:
        wait_for((tmp_path / "long").exists)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    began = time.monotonic()
    done = run(long=f"{TELL}\ntime.sleep(300)")
    assert done.status == chain.INTERRUPTED and time.monotonic() - began < 60
    kernel_parents = map(int, (tmp_path / "long").read_text().split())
    assert not any(psutil.pid_exists(pid) for pid in list(kernel_parents)[:1])


def test_a_cluster_that_is_not_there_is_named():
    with pytest.raises(KitError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        cluster.Cluster("tcp://127.0.0.1:1")


def test_a_cluster_without_workers_is_named(scheduler):
    with pytest.raises(KitError, match="has no workers"):
        cluster.Cluster(scheduler)


def test_only_what_needs_no_engine_of_this_machine_runs_there():
    stages = {notebook.stage for notebook in chain.select(cluster="tcp://127.0.0.1:1")}
    assert stages == set(chain.STAGES_FOR_CLUSTERS)
    with pytest.raises(KitError, match="training and serving"):
        chain.select(stage="03", cluster="tcp://127.0.0.1:1")
