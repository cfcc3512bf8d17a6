"""What a run leaves: numbers, and the machine they are from. Times of requests in ms, of starts in s, memory in MB."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from pydantic import BaseModel, Field

from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.paths import STATE

FOLDER = STATE / "benchmarks"
RESULTS = FOLDER / "results.json"
LIBRARIES = ("fastapi", "flask", "granian", "gunicorn", "onnxruntime", "scikit-learn", "spacy", "streamlit", "uvicorn")


class Load(BaseModel):
    """What clients that ask again at once saw: one row of a load test.

    Attributes:
        requests: those that were answered in time; a client still waiting at the end counts nowhere.
        errors: refused or broken connections, time-outs, and answers that are not 2xx.
    """

    connections: int
    requests: int
    errors: int
    requests_per_second: float
    p50: float
    p95: float
    p99: float


class Round(BaseModel):
    """One life of a contender: from its start, over its loads, to its end."""

    cold_start: float | None = None
    memory: float | None = None
    loads: list[Load] = []
    clicks: list[float] = []


class Measured(BaseModel):
    """All rounds of one contender."""

    service: str
    kind: str
    rounds: list[Round] = []


def load_average() -> list[float]:
    """Return how many programs wanted a processor in the last 1, 5 and 15 minutes."""
    return [round(value, 2) for value in psutil.getloadavg()]


class Machine(BaseModel):
    """Where it was measured; nothing that names the machine."""

    cores: int = Field(default_factory=lambda: cores())
    memory_gb: float = Field(default_factory=lambda: round(psutil.virtual_memory().total / 1e9, 1))
    system: str = Field(default_factory=lambda: f"{platform.system()} {platform.release()} {platform.machine()}")
    python: str = Field(default_factory=platform.python_version)
    libraries: dict[str, str] = Field(default_factory=lambda: {name: version(name) for name in LIBRARIES})
    load_before: list[float] = Field(default_factory=load_average)


class Report(BaseModel):
    """One run of the benchmark."""

    began: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: Machine = Field(default_factory=Machine)
    generator: str
    seconds: int
    rounds: int
    measured: list[Measured] = []
    images: dict[str, float] = {}
    skipped: list[str] = []
    load_after: list[float] = []

    def of(self, service: str, kind: str) -> Measured | None:
        """Return what was measured of a contender, if it was."""
        return next((one for one in self.measured if (one.service, one.kind) == (service, kind)), None)

    def keep_others(self, services: list[str], file: Path = RESULTS) -> None:
        """Take over what the last run measured of other services, if it was as long, and on this machine as it is."""
        last = load(file) if file.exists() else self
        if last.circumstances() == self.circumstances():
            self.measured = [one for one in last.measured if one.service not in services]
            self.images = {name: size for name, size in last.images.items() if name not in services}

    def circumstances(self) -> tuple[str, int, int, dict]:
        """Return what numbers must have in common to stand in one table; the load at the time is not part of it."""
        return self.generator, self.seconds, self.rounds, self.machine.model_dump(exclude={"load_before"})

    def failures(self) -> list[str]:
        """Name every load in which requests failed."""
        return [
            f"{one.service}, {one.kind}, {load.connections} connections: {load.errors} errors"
            for one in self.measured
            for life in one.rounds
            for load in life.loads
            if load.errors
        ]

    def services(self) -> list[str]:
        """Return the services, in their order."""
        return list(dict.fromkeys(one.service for one in self.measured))


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def save(report: Report, file: Path = RESULTS) -> None:
    """Write a report as JSON."""
    write_atomically(file, report.model_dump_json(indent=1).encode() + b"\n")


def load(file: Path = RESULTS) -> Report:
    """Read the last report.

    Raises:
        KitError: there is none.
    """
    if not file.exists():
        raise KitError("Nothing was measured yet.", "Type: python -m benchmarks")
    return Report.model_validate_json(file.read_bytes())
