"""The doctor's report in a terminal."""

from rich.console import Console
from rich.table import Table

from deploykit import doctor, remedies
from deploykit.doctor import State

COLOURS = {State.OK: "green", State.MISSING: "red", State.OLD: "yellow", State.TAKEN: "yellow"}


def show(target: str = "rehearsal") -> bool:
    """Print what was found on this machine and tell whether everything is fine."""
    findings = doctor.examine(target)
    table = Table("", "what", "found", title="This machine", title_justify="left")
    for finding in findings:
        table.add_row(f"[{COLOURS[finding.state]}]{finding.state}[/]", finding.what, finding.detail)
    Console().print(table)
    to_do = [finding for finding in findings if not finding.fine]
    for finding in to_do:
        # Outside the table: a command that is broken over several lines cannot be copied.
        Console(soft_wrap=True).print(f"{finding.what} → {finding.advice}", markup=False, highlight=False)
    if to_do:
        print("Another system? python3 -m deploykit doctor --everywhere")
    return not to_do


def show_remedies() -> None:
    """Print what to type for whatever may be missing, on each of the systems."""
    for name, remedy in remedies.REMEDIES.items():
        print(f"{name}:")
        for system, command in zip(remedies.SYSTEMS, remedy, strict=True):
            print(f"  {system + ':':22} {command}")
