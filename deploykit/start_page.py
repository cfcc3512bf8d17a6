"""What the start page shows: this computer, and the learner's work, as tables that a notebook renders."""

from collections.abc import Iterable

from IPython.display import Markdown, display

from deploykit import doctor, overview, remedies
from deploykit.doctor import Finding
from deploykit.overview import Model, Resource, Work


def show_machine(target: str = "rehearsal") -> list[Finding]:
    """Show what the doctor found on this computer, and folded away what to type on others; return what it found.

    Args:
        target: "cloud" looks at the learner's accounts, too.
    """
    findings = doctor.examine(target)
    rows = [(_mark(one), one.what, one.detail, "" if one.fine else f"`{one.advice}`") for one in findings]
    remedy_rows = [(name, *(f"`{command}`" for command in remedy)) for name, remedy in remedies.REMEDIES.items()]
    parts = [
        _table("This computer", " | what | found | what to type", rows),
        "<details><summary>What to type on every system</summary>\n",
        _table("If it is missing or old", f"what | {' | '.join(remedies.SYSTEMS)}", remedy_rows),
        "</details>",
    ]
    display(Markdown("\n\n".join(parts)))
    return findings


def show_work() -> None:
    """Show notebooks, models and resources as three tables, and what the resources cost."""
    found = overview.resources()
    parts = [
        _table("Notebooks", "notebook | `make run` | JupyterLab | missing here", map(_work_row, overview.work())),
        _table("Models", "model | version | made | state", map(_model_row, overview.models())),
        _table(
            "Not removed yet", "resource | kind | where | hours | \\$ an hour in the cloud", map(_resource_row, found)
        ),
        overview.bill(found) if found else "",
    ]
    display(Markdown("\n\n".join(parts)))


def _mark(one: Finding) -> str:
    return "✓" if one.fine else f"**{one.state}**"


def _work_row(one: Work) -> tuple[str, ...]:
    ran = f"{one.state}, {one.began.astimezone():%d %b %H:%M}, {one.seconds:.0f} s" if one.began else ""
    passed = f"{one.passed} of {one.checks} checks" if one.passed else ""
    return f"[{one.notebook.path}]({one.notebook.path}.ipynb)", ran, passed, one.missing


def _model_row(one: Model) -> tuple[str, ...]:
    return one.name, one.version, f"{one.made:%d %b %H:%M}", one.fault or "as its manifest says"


def _resource_row(one: Resource) -> tuple[str, ...]:
    kind = f"{one.kind} (ended)" if one.ended else one.kind
    return one.name, kind, one.where, f"{one.hours:.1f}", f"{one.usd_per_hour:.4f}" if one.usd_per_hour else ""


def _table(title: str, header: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table under a bold title, which is easier to read in a notebook than a terminal's."""
    lines = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    if not lines:
        return f"**{title}**: nothing"
    rule = "|".join("---" for _ in header.split("|"))
    return "\n".join([f"**{title}**\n", *(f"| {line} |" for line in (header, rule, *lines))])
