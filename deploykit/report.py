"""The report of a run: one HTML file that needs nothing else, and a summary for the terminal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from deploykit.files import write_atomically
from deploykit.outcome import Failure, Outcome, State

TEMPLATES = Environment(loader=PackageLoader("deploykit"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@dataclass(frozen=True)
class Run:
    """A finished run: its outcomes in order, when it began (UTC), its seconds, and what teardown could not remove."""

    outcomes: Sequence[Outcome]
    began: datetime
    seconds: float
    left: Sequence[str]

    @property
    def summary(self) -> str:
        """How many notebooks ended how, such as ``3 passed, 1 skipped``."""
        counts = Counter(outcome.state for outcome in self.outcomes)
        return ", ".join(f"{counts[state]} {state}" for state in State if counts[state])

    @property
    def passed(self) -> bool:
        """Nothing failed, nothing waited in vain, and nothing is left behind."""
        return not self.left and all(outcome.state in (State.PASSED, State.SKIPPED) for outcome in self.outcomes)


def write(run: Run, folder: Path) -> Path:
    """Write ``report.html`` into the run's folder, beside the executed notebooks that it links to."""
    file = folder / "report.html"
    write_atomically(file, TEMPLATES.get_template("report.html.j2").render(run=run, State=State).encode())
    return file


def describe(failure: Failure) -> str:
    """Return a failure as text for the terminal: where, what, and the end of the log."""
    place = f"Cell {failure.number}" + (f", under “{failure.heading}”" if failure.heading else "")
    parts = [f"{place}:", _indent(failure.source), failure.error]
    if failure.log:
        parts += ["The end of the log:", _indent(failure.log)]
    return "\n".join(parts)


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
