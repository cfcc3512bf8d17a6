"""What the services should reach, as ratios within one run, and what they did reach."""

from dataclasses import dataclass
from typing import Literal

from benchmarks import figures
from benchmarks.calls import PAGE
from benchmarks.contenders import CEILING, MODEL, OURS, TUTORIAL, WORKERS
from benchmarks.other_servers import SERVERS
from benchmarks.results import Report

BEST_OTHER = "best other server"
CLIENTS = 8
FIGURES = {
    "requests/s": figures.rate(CLIENTS),
    "p99": figures.time_of("p99", CLIENTS),
    "cold start": figures.cold_start,
    "memory": figures.memory,
    "click to result": figures.click,
}


@dataclass(frozen=True)
class Target:
    """One ratio, ours to the other's, and its limit; the rates and times of requests are those at 8 connections."""

    service: str
    what: Literal["requests/s", "p99", "cold start", "memory", "click to result"]
    against: str
    limit: float

    @property
    def at_least(self) -> bool:
        """Tell whether more is better."""
        return self.what == "requests/s"

    def reached(self, report: Report) -> float | None:
        """Return the ratio that was measured, or None when one of the two was not."""
        other, figure = self.against, FIGURES[self.what]
        if other == BEST_OTHER:
            other = best_other(report, self.service)
        of_model = figures.rate(WORKERS) if other == MODEL else None
        return figures.ratio(report.of(self.service, OURS), report.of(self.service, other), figure, of_model)

    def holds(self, reached: float) -> bool:
        """Tell whether a ratio is good enough."""
        return reached >= self.limit if self.at_least else reached <= self.limit


def best_other(report: Report, service: str) -> str:
    """Return the fastest of the other servers that served a service's model, or an empty string."""
    rates = {name: figures.typical(report.of(service, name), FIGURES["requests/s"]) for name in SERVERS}
    return max(rates, key=lambda name: rates[name] or 0) if any(rates.values()) else ""


FASTER = {"iris_flask": 8, "heart_function": 12, "ner_fastapi": 3.5, "yolo_flask": 4}
SOONER_UP = {"heart_function": 1 / 4, "iris_flask": 1 / 2, "ner_fastapi": 2 / 3}
TARGETS = [
    *(Target(service, "requests/s", TUTORIAL, times) for service, times in FASTER.items()),
    *(Target(service, "p99", TUTORIAL, 1 / 3) for service in FASTER),
    Target(PAGE, "click to result", TUTORIAL, 1 / 2),
    *(Target(service, "requests/s", CEILING, 0.75) for service in ("iris_flask", "heart_function")),
    Target("ner_fastapi", "requests/s", MODEL, 0.8),
    Target("yolo_flask", "requests/s", MODEL, 0.85),
    *(Target(service, "requests/s", BEST_OTHER, 2) for service in FASTER),
    *(Target(service, "cold start", TUTORIAL, share) for service, share in SOONER_UP.items()),
    *(Target(service, "memory", TUTORIAL, 1) for service in [*FASTER, PAGE]),
]
