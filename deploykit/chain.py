"""Run notebooks in the order in which they stand on each other, report on them, and tear down whatever happens."""

import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploykit import catalog, kernels, needs, report, signals
from deploykit.catalog import Notebook
from deploykit.errors import KitError
from deploykit.outcome import Outcome, State, read_cells, read_failure
from deploykit.parameters import distribute, parse
from deploykit.paths import ROOT, RUNS
from deploykit.progress import RunProgress
from deploykit.teardown import teardown
from deploykit.worker import Job, Workers

if TYPE_CHECKING:
    from deploykit.cluster import Cluster

INTERRUPTED = 130
"""The exit status that a shell gives to a program ended by Ctrl-C."""

STAGES_FOR_CLUSTERS = ("01_train", "02_serve")
"""The others need the Docker engine of this machine."""


def run_chain(
    *,
    track: str = "",
    stage: str = "",
    target: str = "rehearsal",
    jobs: int = 1,
    strict: bool = False,
    parameters: Iterable[str] = (),
    cluster: str = "",
) -> int:
    """Run the kit's notebooks and return the exit status.

    Args:
        track: only the notebooks of this track.
        stage: only the notebooks of this stage; what they stand on is taken as done.
        target: "rehearsal" or "cloud", for the notebooks that have the parameter ``TARGET``.
        jobs: how many notebooks may run side by side.
        strict: count a notebook that this machine cannot run as failed, not as skipped.
        parameters: ``NAME=VALUE`` for the notebooks that know it.
        cluster: the address of a Dask scheduler whose workers run the notebooks, as many at once as they can; only
            the stages that need nothing but this folder (:data:`STAGES_FOR_CLUSTERS`).

    Raises:
        KitError: there is no such track, stage, target or parameter, or no such cluster.
    """
    notebooks = select(track=track, stage=stage, cluster=cluster)
    values = distribute(parse(parameters), notebooks, target=target)
    seconds = kernels.CLOUD_CELL_SECONDS if target == "cloud" else kernels.CELL_SECONDS
    folder = new_folder(RUNS)
    chain = Chain(notebooks, folder, parameters=values, jobs=jobs, strict=strict, cell_seconds=seconds)
    return chain.run_on(cluster) if cluster else chain.run()


def select(*, track: str = "", stage: str = "", cluster: str = "") -> list[Notebook]:
    """Return the notebooks that :func:`run_chain` runs, in an order in which they can run."""
    found = catalog.select(track=track, stage=stage)
    if cluster:
        found = [notebook for notebook in found if notebook.stage in STAGES_FOR_CLUSTERS]
    if not found:
        raise KitError("A cluster runs training and serving only.", f"Choose from {' and '.join(STAGES_FOR_CLUSTERS)}.")
    return found


@dataclass
class Chain:
    """One run of some notebooks, whose results go into ``folder``."""

    notebooks: list[Notebook]
    folder: Path
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: int = 1
    strict: bool = False
    cell_seconds: int = kernels.CELL_SECONDS
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    workers: "Workers | Cluster" = field(default_factory=Workers)
    progress: RunProgress = field(default_factory=RunProgress)

    def run_on(self, address: str) -> int:
        """Do what :meth:`run` does, with the workers of a Dask cluster."""
        from deploykit.cluster import Cluster  # here, because it takes half a second and few ask for it

        self.workers = Cluster(address)
        self.jobs = self.workers.slots
        try:
            return self.run()
        finally:
            self.workers.close()

    def run(self) -> int:
        """Run, tear down, report, and return the exit status: 0, 1, or 130 when interrupted."""
        began = datetime.now(UTC)
        with signals.raised_as_interrupt():
            try:
                with self.progress:
                    self._run_in_order()
            except KeyboardInterrupt:
                self.workers.stop()
                self.progress.write("Interrupted: tearing down")
            finally:
                left = teardown()
        seconds = (datetime.now(UTC) - began).total_seconds()
        return self._conclude(report.Run(self._all_outcomes(), began, seconds, left))

    def _run_in_order(self) -> None:
        notebooks = {notebook.path: notebook for notebook in self.notebooks}
        sorter = TopologicalSorter(catalog.graph(self.notebooks))
        sorter.prepare()
        waiting: set[Future[str]] = set()
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while sorter.is_active():
                    waiting |= {pool.submit(self._visit, notebooks[path]) for path in sorter.get_ready()}
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    sorter.done(*(future.result() for future in done))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.workers.stop()
                raise

    def _visit(self, notebook: Notebook) -> str:
        outcome = self._obstacle(notebook) or self._execute(notebook)
        self.outcomes[notebook.path] = outcome
        self.progress.finish(outcome)
        return notebook.path

    def _obstacle(self, notebook: Notebook) -> Outcome | None:
        """Return why the notebook cannot run, if so: something that it stands on, or something that is missing here."""
        for path in notebook.after:
            earlier = self.outcomes.get(path)
            if earlier and earlier.state is not State.PASSED:
                state = State.SKIPPED if earlier.state is State.SKIPPED else State.NOT_RUN
                return Outcome(notebook, state, f"It waited for {path}: {earlier.state}.")
        reasons = [reason for need in notebook.needs if (reason := needs.missing(need))]
        if reasons:
            return Outcome(notebook, State.FAILED if self.strict else State.SKIPPED, " ".join(reasons))
        return None

    def _execute(self, notebook: Notebook) -> Outcome:
        self.progress.start(notebook)
        told: dict[str, Any] = {}

        def listen(event: dict[str, Any]) -> None:
            told.update(event)
            self.progress.cell(notebook, told["cell"], told["cells"])

        job = self._job(notebook)
        began = time.monotonic()
        status = self.workers.run(job, listen)
        seconds, cells = time.monotonic() - began, read_cells(job.output)
        if self.workers.stopped:
            return Outcome(notebook, State.NOT_RUN, "Interrupted.", seconds, cells)
        if status == 0:
            return Outcome(notebook, State.PASSED, "", seconds, cells)
        unknown = {"number": told.get("cell", 0), "heading": "", "source": "", "traceback": ""}
        failure = told.get("failure", {**unknown, "error": f"The worker ended with exit status {status}."})
        return Outcome(notebook, State.FAILED, "", seconds, cells, read_failure(failure, job.log))

    def _job(self, notebook: Notebook) -> Job:
        return Job(
            notebook=notebook.file,
            output=self.folder / f"{notebook.path}.ipynb",
            parameters=self.parameters.get(notebook.path, {}),
            cell_seconds=self.cell_seconds,
        )

    def _all_outcomes(self) -> list[Outcome]:
        never = {notebook.path: Outcome(notebook, State.NOT_RUN, "Interrupted.") for notebook in self.notebooks}
        return list({**never, **self.outcomes}.values())

    def _conclude(self, run: report.Run) -> int:
        file = report.write(run, self.folder)
        for outcome in run.outcomes:
            if outcome.failure:
                self.progress.write(f"\n{outcome.notebook.path} failed.\n{report.describe(outcome.failure)}")
        for line in run.left:
            self.progress.write(
                f"Still there, because removing it failed: {line}\n→ Type: python -m deploykit teardown"
            )
        shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        self.progress.write(f"\n{run.summary} in {run.seconds:.0f} s. Report: {shown}")
        return INTERRUPTED if self.workers.stopped else 0 if run.passed else 1


def new_folder(runs: Path) -> Path:
    """Create a folder for a run that begins now, and let ``latest`` point to it."""
    folder = runs / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
    folder.mkdir(parents=True)
    latest = runs / "latest"
    try:
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name)
    except OSError:
        pass  # Windows allows links only to administrators and developers
    return folder
