"""The state of the learner's work: which notebooks ran, which models there are, what is still up, and what it costs."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploykit import artifacts, catalog, journal, ledger, needs
from deploykit.artifacts import MANIFEST, load_manifest
from deploykit.catalog import Notebook
from deploykit.errors import KitError
from deploykit.paths import RUNS

SECONDS_PER_HOUR = 3600
CHECK = re.compile(r"^check\(", re.MULTILINE)


@dataclass(frozen=True)
class Work:
    """What became of one notebook.

    Attributes:
        state: how its last run by ``make run`` ended (passed, failed or unfinished); empty if it never ran.
        began: when that run began.
        seconds: how long that run took.
        passed: how many of its checks passed when it was last run in JupyterLab.
        checks: how many checks it has.
        missing: why this machine cannot run it, or an empty string.
    """

    notebook: Notebook
    state: str
    began: datetime | None
    seconds: float
    passed: int
    checks: int
    missing: str


@dataclass(frozen=True)
class Model:
    """A model that was trained here: its version, when it was made, and what is wrong with its files, if anything."""

    name: str
    version: str
    made: datetime
    fault: str


@dataclass(frozen=True)
class Resource:
    """Something that the kit created and that nobody has removed yet.

    Attributes:
        usd_per_hour: what it costs in the cloud; elsewhere nothing is charged.
        ended: it is a process that has ended by itself.
    """

    name: str
    kind: str
    where: str
    hours: float
    usd_per_hour: float
    ended: bool

    @property
    def charged_per_hour(self) -> float:
        """What it really costs in an hour, in US dollars."""
        return self.usd_per_hour if self.where == "cloud" else 0.0


def work(runs: Path = RUNS) -> list[Work]:
    """Return the state of every notebook, stage after stage."""
    missing = {need: needs.missing(need) for notebook in catalog.CATALOG for need in notebook.needs}
    return [_work(notebook, runs, missing) for notebook in sorted(catalog.CATALOG, key=lambda one: one.stage)]


def models() -> list[Model]:
    """Return the models in ``models/``, each checked against its manifest."""
    files = sorted(artifacts.MODELS.glob(f"*/{MANIFEST}"))
    return [_model(file) for file in files]


def resources() -> list[Resource]:
    """Return what the ledger holds, oldest first."""
    now = time.time()
    return [
        Resource(
            name=entry.name,
            kind=entry.kind,
            where=entry.where,
            hours=(now - entry.created) / SECONDS_PER_HOUR,
            usd_per_hour=entry.usd_per_hour,
            ended=entry.process is not None and not ledger.is_alive(entry.process),
        )
        for entry in ledger.entries()
    ]


def bill(found: Iterable[Resource]) -> str:
    """Say what resources cost in an hour, and what they have cost so far."""
    charged = {resource: resource.charged_per_hour for resource in found if resource.charged_per_hour}
    if not charged:
        return "Nothing of it costs anything."
    so_far = sum(resource.hours * dollars for resource, dollars in charged.items())
    return rf"Your account is charged \${sum(charged.values()):.4f} an hour for it, \${so_far:.2f} so far."


def _work(notebook: Notebook, runs: Path, missing: dict[str, str]) -> Work:
    last = _last_run(notebook, runs)
    state = "failed" if last.get("exception") else "passed" if last.get("end_time") else "unfinished" if last else ""
    return Work(
        notebook=notebook,
        state=state,
        began=datetime.fromisoformat(last["start_time"]) if last else None,
        seconds=last.get("duration") or 0.0,
        passed=len(journal.checks(notebook)),
        checks=_count_checks(notebook),
        missing=" ".join(filter(None, (missing[need] for need in notebook.needs))),
    )


def _last_run(notebook: Notebook, runs: Path) -> dict:
    """Return what papermill noted about the notebook in the newest run that has it."""
    for folder in sorted((entry for entry in runs.glob("*") if not entry.is_symlink()), reverse=True):
        executed = folder / f"{notebook.path}.ipynb"
        if executed.exists():
            return json.loads(executed.read_text(encoding="utf-8"))["metadata"]["papermill"]
    return {}


def _count_checks(notebook: Notebook) -> int:
    cells = json.loads(notebook.file.read_text(encoding="utf-8"))["cells"]
    return sum(len(CHECK.findall("".join(cell["source"]))) for cell in cells if cell["cell_type"] == "code")


def _model(file: Path) -> Model:
    name = file.parent.name
    made = datetime.fromtimestamp(file.stat().st_mtime)
    try:
        return Model(name, load_manifest(name).version, made, fault="")
    except KitError as error:
        return Model(name, "", made, fault=error.message)
