"""A service as a process of this machine, started with its own start.sh."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploykit.ledger import Process, end_process
from deploykit.paths import ROOT
from deploykit.service import free_port, last_lines, wait_until_ready
from deploykit.shell import environment_for_commands

START_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A running service: its address, its first process, and where its output goes."""

    url: str
    process: psutil.Popen
    log: Path

    @property
    def workers(self) -> list[psutil.Process]:
        """Return the worker processes that are alive."""
        family = self.process.children(recursive=True)
        return [worker for worker in family if worker.status() != psutil.STATUS_ZOMBIE]

    def memory_mb(self) -> float:
        """Return the resident memory of the whole family."""
        return sum(process.memory_info().rss for process in [self.process, *self.workers]) / 1e6


@contextmanager
def starting(name: str, model: Path, log: Path, **variables: str) -> Iterator[Server]:
    """Start a service with a model and environment variables, do not wait for it, and end it."""
    port = free_port()
    environment = environment_for_commands({"PORT": str(port), "MODEL_DIR": str(model), **variables})
    with log.open("wb") as output:
        process = psutil.Popen(
            [ROOT / "app_src" / name / "start.sh"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    started = process.create_time()
    try:
        yield Server(f"http://127.0.0.1:{port}", process, log)
    finally:
        end_process(Process(pid=process.pid, started=started))
        process.wait()


@contextmanager
def running(name: str, model: Path, log: Path, **variables: str) -> Iterator[Server]:
    """Start a service with a model, wait until it is live, and end it."""
    with starting(name, model, log, **variables) as server:
        wait_until_live(server)
        yield server


def wait_until_live(server: Server) -> None:
    """Wait until /health/live answers; fail with the log when the process ends or stays silent."""
    wait_until_ready(
        f"{server.url}/health/live",
        timeout=START_SECONDS,
        alive=lambda: server.process.poll() is None,
        log=lambda: last_lines(server.log, 20),
    )
