"""What became of a notebook in a run."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import nbformat

from deploykit.catalog import Notebook
from deploykit.paths import LOGS, STATE
from deploykit.shell import ANSI

LOG_LINES = 30
ERROR_MARKER = "papermill-error-cell-tag"
"""The tag of the cells that papermill adds around a failure; without them numbers are those of the notebook."""
LOG_NAME = re.compile(rf"{re.escape(STATE.name)}[/\\]{LOGS.name}[/\\]([\w.-]+\.log)")


class State(StrEnum):
    """How a notebook ended, or why it never began."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Failure:
    """The cell that failed, its error, and the end of the log that the error names (otherwise of the worker's log)."""

    number: int
    heading: str
    source: str
    error: str
    traceback: str
    log: str = ""


@dataclass(frozen=True)
class Cell:
    """A code cell that ran: its place in the notebook, its first line, and its seconds."""

    number: int
    first_line: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook; ``reason`` says why it was skipped or not run."""

    notebook: Notebook
    state: State
    reason: str = ""
    seconds: float = 0.0
    cells: list[Cell] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def slowest(self) -> list[Cell]:
        """The three cells that took longest."""
        return sorted(self.cells, key=lambda cell: -cell.seconds)[:3]


def read_failure(told: dict[str, Any], worker_log: Path) -> Failure:
    """Turn what a worker told about a failure into a record with the log's end."""
    clean = {name: ANSI.sub("", value) if isinstance(value, str) else value for name, value in told.items()}
    named = LOG_NAME.search(clean["error"] + clean["traceback"])
    return Failure(**clean, log=_tail(LOGS / named.group(1) if named else worker_log))


def read_cells(executed: Path) -> list[Cell]:
    """Return the cells of an executed notebook that papermill timed."""
    if not executed.exists():
        return []
    cells = [
        cell
        for cell in nbformat.read(executed, as_version=4).cells
        if ERROR_MARKER not in cell.metadata.get("tags", [])
    ]
    return [
        Cell(number, cell.source.splitlines()[0], cell.metadata.papermill.duration)
        for number, cell in enumerate(cells, 1)
        if cell.cell_type == "code" and cell.source and cell.metadata.get("papermill", {}).get("duration") is not None
    ]


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-LOG_LINES:])
