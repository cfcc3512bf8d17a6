"""A worker is a process that runs one notebook with papermill and says on its standard output how far it is.

A process, because papermill changes the working directory. It prints one JSON object per line:
``{"cell": 3, "cells": 20}`` when a cell starts, and ``{"failure": {…}}`` when one fails. It ends itself and its kernel
when its standard input closes, so it never outlives the chain, however that ends.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psutil
from pydantic import BaseModel

from deploykit import kernels
from deploykit.paths import MODELS, ROOT

ENDING_SECONDS = 10


class Job(BaseModel):
    """What a worker is told.

    Attributes:
        notebook: the notebook to run.
        output: where its executed copy goes.
        parameters: for its parameters cell.
        cell_seconds: how long a cell may run.
        models: where it saves models and looks for them; a worker on another machine would not know.
    """

    notebook: Path
    output: Path
    parameters: dict[str, Any]
    cell_seconds: int
    models: Path = MODELS

    @property
    def log(self) -> Path:
        """Where the worker's own messages go."""
        return self.output.with_suffix(".log")


class Workers:
    """The worker processes of one chain."""

    def __init__(self):
        self.stopped = False
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen] = []

    def run(self, job: Job, on_event: Callable[[dict[str, Any]], None]) -> int:
        """Run a notebook in a new worker, hand on what it says, and return its exit status (0: all cells passed)."""
        process = self._start(job)
        for line in process.stdout:
            on_event(json.loads(line))
        return process.wait()

    def stop(self) -> None:
        """End all workers with everything that they started, and let no new one begin."""
        with self._lock:
            self.stopped = True
            running = [process for process in self._running if process.poll() is None]
        families = [descendant for process in running for descendant in _family(process.pid)]
        for process in running:
            process.stdin.close()
        _, alive = psutil.wait_procs(families, timeout=ENDING_SECONDS)
        for survivor in alive:
            survivor.kill()

    def _start(self, job: Job) -> subprocess.Popen:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "deploykit.worker", job.model_dump_json()]
        environment = {**os.environ, **kernels.environment(), "DEPLOYKIT_MODELS": str(job.models)}
        with self._lock, job.log.open("w", encoding="utf-8") as log:
            if self.stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
            self._running.append(process)
        return process


class Narrator:
    """Tells the chain about each cell; papermill calls it through nbclient's hooks."""

    def __init__(self, stream: IO[str], cells: int):
        self.stream = stream
        self.cells = cells
        self.number = 0
        self.heading = ""
        self.source = ""

    def start_cell(self, cell: dict[str, Any], cell_index: int) -> None:
        """Say which cell starts, and remember where we are."""
        self.number, self.source = cell_index + 1, cell["source"]
        if cell["cell_type"] == "markdown" and self.source.startswith("#"):
            self.heading = self.source.splitlines()[0].lstrip("# ")
        self._say({"cell": self.number, "cells": self.cells})

    def fail(self, error: str, traceback: str) -> None:
        """Say that the current cell failed, and why."""
        place = {"number": self.number, "heading": self.heading, "source": self.source}
        self._say({"failure": {**place, "error": error, "traceback": traceback}})

    def _say(self, event: dict[str, Any]) -> None:
        print(json.dumps(event), file=self.stream, flush=True)


def main(job: Job) -> int:
    """Run the job in this process and return the exit status."""
    _end_when_stdin_closes()
    # The kernel inherits file descriptor 1: what it writes there belongs into the log, not between our lines.
    narration = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    # Here, because they take a second: until then nothing would notice that the chain has ended.
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    cells = len(nbformat.read(job.notebook, as_version=4).cells) + bool(job.parameters)
    narrator = Narrator(narration, cells)
    try:
        papermill.execute_notebook(
            job.notebook, job.output, job.parameters,
            kernel_name="python3", cwd=job.notebook.parent, progress_bar=False,
            execution_timeout=job.cell_seconds, shutdown_kernel="immediate", on_cell_start=narrator.start_cell,
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        narrator.fail(f"{error.ename}: {error.evalue}", "\n".join(error.traceback))
    except CellTimeoutError:
        narrator.fail(f"The cell was ended: it ran for more than {job.cell_seconds} s.", "")
    except DeadKernelError:
        narrator.fail("The kernel died: it was out of memory, or the cell ended it.", "")
    else:
        return 0
    return 1


def _end_when_stdin_closes() -> None:
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # a Ctrl-C reaches us too, but the chain decides; a kernel must not inherit SIG_IGN
            signal.signal(getattr(signal, name), lambda number, frame: None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    sys.exit(main(Job.model_validate_json(sys.argv[1])))
