"""What was measured, as tables for the terminal and for the README."""

from rich.table import Table

from benchmarks import figures
from benchmarks.calls import CALLS, PAGE
from benchmarks.contenders import CEILING, MODEL, OURS, TUTORIAL
from benchmarks.results import Measured, Report
from benchmarks.targets import BEST_OTHER, TARGETS, Target

COMMON = ("start, s", "MB")
LOAD = ("clients", "req/s", "p50, ms", "p95", "p99", "errors")


def table(report: Report, service: str) -> Table:
    """Lay out what was measured of one service and of those it is compared with: the medians of the rounds."""
    rows = Table(title=service, title_justify="left")
    rows.add_column("", no_wrap=True)
    for heading in [*COMMON, "click, ms"] if service == PAGE else [*COMMON, *LOAD]:
        rows.add_column(heading, justify="right")
    for one in (one for one in report.measured if one.service == service):
        common = [_text(figures.typical(one, figures.cold_start)), _text(figures.typical(one, figures.memory))]
        if service == PAGE:
            rows.add_row(one.kind, *common, _text(figures.typical(one, figures.click)))
        for place, load in enumerate(one.rounds[0].loads):
            first = [one.kind, *common] if place == 0 else ["", "", ""]
            rows.add_row(*first, *_cells(one, load.connections))
        rows.add_section()
    return rows


def _cells(one: Measured, clients: int) -> list[str]:
    """Return the medians of a contender at so many connections; the model alone has processes instead."""
    times = [_text(figures.typical(one, figures.time_of(part, clients))) for part in figures.PARTS]
    errors = sum(load.errors for life in one.rounds for load in life.loads if load.connections == clients)
    return [str(clients), _text(figures.typical(one, figures.rate(clients))), *times, str(errors)]


def targets(report: Report) -> Table:
    """Lay out what should be reached, and what was."""
    rows = Table("service", "what", "against", title="Ratios", title_justify="left")
    for heading in ("wanted", "reached"):
        rows.add_column(heading, justify="right")
    for target in TARGETS:
        reached = target.reached(report)
        if reached is not None:
            color = "green" if target.holds(reached) else "red"
            sign = "≥" if target.at_least else "≤"
            limit = f"{sign} {target.limit:.2f}"
            rows.add_row(target.service, target.what, target.against, limit, f"[{color}]{reached:.2f}[/]")
    return rows


README_COLUMNS = {
    "requests/s, to the tutorial's": ("requests/s", TUTORIAL),
    "p99": ("p99", TUTORIAL),
    "memory": ("memory", TUTORIAL),
    "cold start": ("cold start", TUTORIAL),
    "click to result": ("click to result", TUTORIAL),
    "click, to a constant answer": ("click to result", CEILING),
    "requests/s, to a constant answer": ("requests/s", CEILING),
    "to the model alone": ("requests/s", MODEL),
    "to the best other server": ("requests/s", BEST_OTHER),
}


def markdown(report: Report) -> str:
    """Return the table of ratios for the README."""
    lines = [f"| service | {' | '.join(README_COLUMNS)} |", "|---" * (len(README_COLUMNS) + 1) + "|"]
    for service in (service for service in [*CALLS, PAGE] if report.of(service, OURS)):
        cells = [_ratio(report, Target(service, what, other, 0)) for what, other in README_COLUMNS.values()]
        lines.append(f"| {service} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(report: Report, target: Target) -> str:
    reached = target.reached(report)
    return "" if reached is None else f"{reached:.1f} ×" if reached >= 10 else f"{reached:.2f} ×"


def _text(value: float | None) -> str:
    """Write a number with three digits, or more in front of the point."""
    return "" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"
