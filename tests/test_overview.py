"""The overview tells what ran, which models are whole, what is up, and what it costs."""

import json
import subprocess
import sys

import psutil
import pytest

from deploykit import artifacts, catalog, journal, ledger, overview
from deploykit.catalog import Notebook
from tests.notebook_files import write_notebook

CHAIN = (Notebook("01_train/a"), Notebook("02_serve/b", after=("01_train/a",), needs=("docker",)))


@pytest.fixture(autouse=True)
def own_chain(tmp_path, monkeypatch, own_ledger, own_models):
    """Give the test a chain of two notebooks, the first of which has two checks."""
    chain = tuple(Notebook(one.path, after=one.after, needs=one.needs, folder=tmp_path) for one in CHAIN)
    monkeypatch.setattr(catalog, "CATALOG", chain)
    monkeypatch.setattr(journal, "FOLDER", tmp_path / "journal")
    monkeypatch.setattr(overview.needs, "missing", lambda need: f"There is no {need}.")
    write_notebook(chain[0].file, 'check("one", True, "")\ncheck("two", True, "")', "check = 1")
    write_notebook(chain[1].file)


def execute(folder, path: str, **metadata) -> None:
    """Write what papermill leaves of a run."""
    file = folder / f"{path}.ipynb"
    file.parent.mkdir(parents=True)
    noted = {"start_time": "2026-11-21T09:00:00+00:00", "end_time": None, "duration": None, "exception": None}
    file.write_text(json.dumps({"cells": [], "metadata": {"papermill": {**noted, **metadata}}}))


def test_a_notebook_that_never_ran_and_what_it_lacks(tmp_path):
    first, second = overview.work(tmp_path / "runs")
    assert (first.state, first.began, first.checks, first.passed, first.missing) == ("", None, 2, 0, "")
    assert second.missing == "There is no docker."


@pytest.mark.parametrize(
    ("noted", "state"),
    [
        ({"end_time": "2026-11-21T09:00:09+00:00", "duration": 9.0, "exception": False}, "passed"),
        ({"end_time": "2026-11-21T09:00:09+00:00", "duration": 9.0, "exception": True}, "failed"),
        ({}, "unfinished"),
    ],
)
def test_the_newest_run_counts(tmp_path, noted, state):
    execute(tmp_path / "runs" / "2026-11-20", "01_train/a", exception=True)
    execute(tmp_path / "runs" / "2026-11-21", "01_train/a", **noted)
    (tmp_path / "runs" / "latest").symlink_to("2026-11-20")
    assert overview.work(tmp_path / "runs")[0].state == state


def test_checks_passed_in_jupyterlab_are_counted(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "01_train" / "a.ipynb"))
    journal.note("one")
    first = overview.work(tmp_path / "runs")[0]
    assert (first.passed, first.checks) == (1, 2)


def test_a_model_that_was_changed_is_told_from_a_whole_one(own_models):
    (own_models / "iris").mkdir(parents=True)
    (own_models / "iris" / "iris.onnx").write_bytes(b"model")
    details = {"libraries": [], "features": [], "classes": [], "metrics": {}, "example": {}}
    artifacts.save_manifest("iris", training_seconds=0.1, seed=1, **details)
    assert [(model.name, model.fault) for model in overview.models()] == [("iris", "")]
    (own_models / "iris" / "iris.onnx").write_bytes(b"another")
    assert "is not the file" in overview.models()[0].fault


def test_only_the_cloud_is_charged_and_it_is_told():
    ledger.add("machine", "instance", where="rehearsal", usd_per_hour=0.5)
    assert overview.bill(overview.resources()) == "Nothing of it costs anything."
    ledger.add("machine", "instance", where="cloud", usd_per_hour=0.5)
    ledger.add("address", "address", where="cloud", usd_per_hour=0.25)
    assert overview.bill(overview.resources()).startswith(r"Your account is charged \$0.7500 an hour")


def test_a_process_that_ended_by_itself_is_marked():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ledger.add_process("service", process.pid)
    assert not overview.resources()[0].ended
    process.communicate(b"\n")
    assert not psutil.pid_exists(process.pid)
    assert overview.resources()[0].ended
