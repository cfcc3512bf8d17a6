"""The README's table of ratios, written from a report."""

import re
from pathlib import Path

from benchmarks.results import Report
from benchmarks.tables import markdown
from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.paths import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- written by: python3 -m benchmarks --readme -->", "<!-- end of the ratios -->"


def write(report: Report, file: Path = README) -> None:
    """Replace what stands between the two marks by the table of a report.

    Raises:
        KitError: requests failed, or the marks are missing.
    """
    if failures := report.failures():
        told = "\n".join(failures)
        hint = "Measure these services again: python -m benchmarks --services NAME,NAME"
        raise KitError(f"Requests failed, and an error takes another time than an answer:\n{told}", hint)
    text = file.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{markdown(report)}\n\n{conditions(report)}\n{END}"
    new, found = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, text, flags=re.DOTALL)
    if not found:
        raise KitError(f"{file.name} has no place for the ratios.", f"Put these two lines into it:\n{BEGIN}\n{END}")
    write_atomically(file, new.encode())


def conditions(report: Report) -> str:
    """Say under which conditions the ratios were reached."""
    cores, rounds, seconds = report.machine.cores, report.rounds, report.seconds
    before, after = report.machine.load_before[0], report.load_after[0]
    return (
        f"At 8 connections, {cores} cores shared with the load itself, which {report.generator} made; the medians of\n"
        f"{rounds} rounds of {seconds} s, in which all took turns. "
        f"The machine's load was {before:.1f} before and {after:.1f} after."
    )
