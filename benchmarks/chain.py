"""What running notebooks costs: the same cells as a script, under bare papermill, and in the kit's chain."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import nbconvert
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from benchmarks.results import FOLDER, Machine, load_average
from deploykit import catalog, kernels
from deploykit.files import write_atomically
from deploykit.paths import ROOT
from deploykit.worker import Job, Workers

RESULTS = FOLDER / "chain.json"
STAGE = "01_train"
"""Training needs nothing but Python: what its notebooks take is the same however they are run."""
JOBS = (1, 2)

console = Console(stderr=True)


class Cost(BaseModel):
    """Seconds of each round, by notebook and way of running it, and of whole chains by how many ran side by side."""

    machine: Machine
    notebooks: dict[str, dict[str, list[float]]] = {}
    chains: dict[int, list[float]] = {}
    load_after: list[float] = []


def run(rounds: int) -> Cost:
    """Run the notebooks of training in turn in every way, and then all of them, one by one and side by side."""
    cost = Cost(machine=Machine())
    for number in range(rounds):
        for notebook in catalog.select(stage=STAGE):
            for way, runs in WAYS.items():
                console.print(f"{notebook.path}, round {number + 1} of {rounds}: {way}")
                cost.notebooks.setdefault(notebook.path, {}).setdefault(way, []).append(_timed(runs, notebook.file))
        for jobs in JOBS:
            console.print(f"{STAGE}, round {number + 1} of {rounds}: --jobs {jobs}")
            cost.chains.setdefault(jobs, []).append(_timed(_chain, jobs))
    cost.load_after = load_average()
    write_atomically(RESULTS, cost.model_dump_json(indent=1).encode() + b"\n")
    return cost


def table(cost: Cost) -> Table:
    """Lay out the medians: the script's seconds, and what the other ways add to them."""
    rows = Table("notebook", *WAYS, title="Seconds, the medians of the rounds", title_justify="left")
    for path, ways in cost.notebooks.items():
        rows.add_row(path, *(f"{median(ways[way]):.1f}" for way in WAYS))
    rows.add_section()
    rows.add_row("together", *(f"{sum(median(ways[way]) for ways in cost.notebooks.values()):.1f}" for way in WAYS))
    for jobs, seconds in cost.chains.items():
        rows.add_row(f"the stage with --jobs {jobs}", "", "", f"{median(seconds):.1f}")
    return rows


def _timed(what: Callable[..., None], *arguments: object) -> float:
    began = time.perf_counter()
    what(*arguments)
    return time.perf_counter() - began


def _script(notebook: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "cells.py"
        script.write_text(nbconvert.PythonExporter().from_filename(str(notebook))[0], encoding="utf-8")
        _command(["-m", "IPython", str(script)], cwd=notebook.parent)


def _papermill(notebook: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--cwd", str(notebook.parent), "--no-progress-bar"]
        _command(["-m", "papermill", *options, str(notebook), str(Path(folder) / "executed.ipynb")])


def _kit(notebook: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "executed.ipynb"
        status = Workers().run(Job(notebook=notebook, output=output, parameters={}, cell_seconds=600), lambda _: None)
        assert status == 0, output.with_suffix(".log").read_text(encoding="utf-8")


def _chain(jobs: int) -> None:
    _command(["-m", "deploykit", "run", "--stage", STAGE, "--jobs", str(jobs)])


def _command(words: list[str], cwd: Path = ROOT) -> None:
    environment = {**os.environ, **kernels.environment()}
    subprocess.run([sys.executable, *words], cwd=cwd, env=environment, check=True, capture_output=True)


WAYS = {"script": _script, "papermill": _papermill, "this kit": _kit}
