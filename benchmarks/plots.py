"""The same numbers as pictures, for light and for dark pages."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # files, no windows
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks import figures
from benchmarks.calls import CALLS
from benchmarks.contenders import CEILING, OURS, TUTORIAL
from benchmarks.lives import CONNECTIONS
from benchmarks.other_servers import SERVERS
from benchmarks.results import FOLDER, Report

KINDS = (OURS, TUTORIAL, CEILING, *SERVERS)

LOOKS = {kind: f"C{place}{mark}-" for place, (kind, mark) in enumerate(zip(KINDS, "os^Dv*", strict=True))}
STYLES = {"light": "default", "dark": "dark_background"}


def draw(report: Report, folder: Path = FOLDER) -> list[Path]:
    """Write one picture for each style: above the rates, below the slow requests, a column for each service."""
    services = [service for service in report.services() if service in CALLS]
    if not services:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(report, services, folder / f"benchmarks-{name}.png", style) for name, style in STYLES.items()]


def _draw(report: Report, services: list[str], file: Path, style: str) -> Path:
    with plt.style.context(style):
        figure, axes = plt.subplots(2, len(services), figsize=(4 * len(services), 7), squeeze=False)
        for column, service in enumerate(services):
            _panel(axes[0, column], report, service, figures.rate)
            _panel(axes[1, column], report, service, lambda clients: figures.time_of("p99", clients))
            axes[0, column].set_title(service)
        axes[0, 0].set_ylabel("requests per second")
        axes[1, 0].set_ylabel("99th percentile, ms")
        lines = {line.get_label(): line for axis in axes[0] for line in axis.get_lines()}
        figure.legend(handles=lines.values(), loc="lower center", ncols=len(lines), frameon=False)
        figure.tight_layout(rect=(0, 0.05, 1, 1))
        figure.savefig(file, dpi=120)
        plt.close(figure)
    return file


def _panel(axis: Axes, report: Report, service: str, figure) -> None:
    """Draw a line for each contender over the number of connections; both axes grow by factors."""
    for one in (one for one in report.measured if one.service == service and one.kind in LOOKS):
        values = [figures.typical(one, figure(clients)) for clients in CONNECTIONS]
        axis.loglog(CONNECTIONS, values, LOOKS[one.kind], label=one.kind)
    axis.set_xticks(CONNECTIONS, labels=[str(clients) for clients in CONNECTIONS])
    axis.minorticks_off()
    axis.set_xlabel("connections")
    axis.grid(alpha=0.3)
