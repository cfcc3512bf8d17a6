"""From rounds to one number: the median of the rounds, and the median of their ratios, round against round."""

from collections.abc import Callable
from statistics import median

from benchmarks.results import Load, Measured, Round

Figure = Callable[[Round], float | None]
PARTS = ("p50", "p95", "p99")


def rate(connections: int) -> Figure:
    """Return how to read the requests per second at so many connections."""
    return lambda one: (found := at(one, connections)) and found.requests_per_second


def time_of(part: str, connections: int) -> Figure:
    """Return how to read a percentile of the times, in ms, at so many connections; ``part`` is one of ``PARTS``."""
    return lambda one: (found := at(one, connections)) and getattr(found, part)


def cold_start(one: Round) -> float | None:
    """Read the seconds from exec to the first answer."""
    return one.cold_start


def memory(one: Round) -> float | None:
    """Read the peak memory, in MB."""
    return one.memory


def click(one: Round) -> float | None:
    """Read the milliseconds from click to result."""
    return median(one.clicks) if one.clicks else None


def at(one: Round, connections: int) -> Load | None:
    """Return the load of a round at so many connections."""
    return next((load for load in one.loads if load.connections == connections), None)


def typical(measured: Measured | None, figure: Figure) -> float | None:
    """Return the median of a figure over the rounds in which it was measured."""
    values = [value for one in measured.rounds if (value := figure(one)) is not None] if measured else []
    return median(values) if values else None


def ratio(
    ours: Measured | None, other: Measured | None, figure: Figure, of_other: Figure | None = None
) -> float | None:
    """Return the median of ours divided by the other's in the same round: what disturbs the machine disturbs both."""
    if not (ours and other):
        return None
    pairs = [(figure(a), (of_other or figure)(b)) for a, b in zip(ours.rounds, other.rounds, strict=False)]
    ratios = [a / b for a, b in pairs if a is not None and b]
    return median(ratios) if ratios else None
