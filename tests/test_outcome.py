"""A failure is told with the end of the log that explains it."""

import pytest

from deploykit import outcome
from deploykit.outcome import Cell, Outcome, State, read_failure
from deploykit.paths import LOGS, ROOT

TOLD = {"number": 4, "heading": "Build", "source": "run('docker build .')", "traceback": "\x1b[31mred\x1b[0m"}


@pytest.fixture
def kit_log():
    """Write a log as run() does, longer than what is shown of it."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "0-001-outcome-test.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)), encoding="utf-8")
    yield log
    log.unlink()


def test_log_that_the_error_names_is_quoted_from_its_end(kit_log, tmp_path):
    said = {**TOLD, "error": f"All it printed is in {kit_log.relative_to(ROOT).as_posix()}"}
    failure = read_failure(said, tmp_path / "worker.log")
    assert failure.log.splitlines() == [f"line {number}" for number in range(100 - outcome.LOG_LINES, 100)]


def test_otherwise_the_workers_log_is_quoted(tmp_path):
    (tmp_path / "worker.log").write_text("Kernel died\n", encoding="utf-8")
    assert read_failure({**TOLD, "error": "no log"}, tmp_path / "worker.log").log == "Kernel died"


def test_colours_are_taken_out(tmp_path):
    assert read_failure({**TOLD, "error": "x"}, tmp_path / "none.log").traceback == "red"


def test_slowest_cells_come_first():
    cells = [Cell(number, "x", seconds) for number, seconds in enumerate([1.0, 4.0, 2.0, 3.0])]
    assert [cell.number for cell in Outcome(None, State.PASSED, cells=cells).slowest] == [1, 3, 2]
