"""A service as a process of this machine, started with its own start.sh."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from deploykit.ledger import Process, end_process
from deploykit.paths import ROOT
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


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def starting(name: str, model: Path, log: Path) -> Iterator[Server]:
    """Start a service with a model, do not wait for it, and end it."""
    port = free_port()
    environment = environment_for_commands({"PORT": str(port), "MODEL_DIR": str(model)})
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
def running(name: str, model: Path, log: Path) -> Iterator[Server]:
    """Start a service with a model, wait until it is live, and end it."""
    with starting(name, model, log) as server:
        wait_until_live(server)
        yield server


def wait_until_live(server: Server) -> None:
    """Poll /health/live; fail with the log when the process ends or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            requests.get(server.url + "/health/live", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.02)
    raise AssertionError(f"{server.url} is not live:\n{server.log.read_text(encoding='utf-8')}")
