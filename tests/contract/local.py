"""A service as a process of this machine, started with its own start.sh."""

import fcntl
import select
import socket
import subprocess
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from deploykit.ledger import Process, end_process
from deploykit.paths import ROOT
from deploykit.service import free_port, last_lines, wait_until_ready
from deploykit.shell import environment_for_commands

START_SECONDS = 60
READY_SECONDS = 60
READ_SECONDS = 30
PAUSE_SECONDS = 0.002
ESTABLISHED = "01"


@dataclass(frozen=True)
class Server:
    """A running service: its address, its first process, and where its output goes."""

    url: str
    process: psutil.Popen
    log: Path

    @property
    def workers(self) -> list[psutil.Process]:
        """Return the worker processes that are alive."""
        statuses = of_each(self.process.children(recursive=True), psutil.Process.status)
        return [worker for worker, status in statuses.items() if status != psutil.STATUS_ZOMBIE]

    def memory_mb(self) -> float:
        """Return the resident memory of the whole family."""
        used = of_each([self.process, *self.workers], lambda process: process.memory_info())
        return sum(memory.rss for memory in used.values()) / 1e6

    def owners(self) -> dict[int, psutil.Process]:
        """Return which worker holds a connection, by the client's port."""
        held = of_each(self.workers, lambda worker: worker.net_connections("tcp"))
        return {
            connection.raddr.port: worker
            for worker, connections in held.items()
            for connection in connections
            if connection.raddr
        }


def of_each(processes: Iterable[psutil.Process], ask: Callable[[psutil.Process], Any]) -> dict[psutil.Process, Any]:
    """Ask each process something; one that is gone by then is left out."""
    answers = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            answers[process] = ask(process)
    return answers


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
        log=lambda: last_lines(server.log, 20) if server.log.is_file() else "",  # /dev/full could be read for ever
    )


def wait_until_all_serve(server: Server, *, workers: int = 2) -> list[psutil.Process]:
    """Wait until every worker takes connections, and return them; at first, one answers while others still load."""
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    deadline = time.monotonic() + READY_SECONDS
    while True:
        probes = [socket.create_connection(address) for _ in range(12)]
        time.sleep(0.2)
        serving = set(server.owners().values())
        for probe in probes:
            probe.close()
        if len(serving) == workers:
            return list(serving)
        assert time.monotonic() < deadline, f"{len(serving)} of {workers} workers serve"


def first_worker(server: Server) -> psutil.Process:
    """Return the first worker of gunicorn in the moment of its birth, when it is a copy of its parent still.

    There is no pause between two looks: the moment is a few milliseconds long.
    """
    parent = Path(f"/proc/{server.process.pid}")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for child in (parent / f"task/{parent.name}/children").read_text(encoding="ascii").split():
            with suppress(FileNotFoundError, ProcessLookupError):  # it is gone by now
                commands = {(process / "cmdline").read_bytes() for process in (parent, parent.with_name(child))}
                if len(commands) == 1 and b"gunicorn" in commands.pop():
                    return psutil.Process(int(child))
    raise AssertionError("there is no worker")


def wait_until_read(connection: socket.socket, pid: int) -> None:
    """Wait until a service has read all that was sent to it; ``pid`` is one of its processes."""
    assert is_read_before_it_is_answered(connection, pid), "the service has ended the connection already"


def is_read_before_it_is_answered(connection: socket.socket, pid: int) -> bool:
    """Wait until a service has read all that was sent to it; return False if it has answered before that was seen."""
    deadline = time.monotonic() + READ_SECONDS
    while not is_read(connection, pid):
        assert time.monotonic() < deadline, "the service does not read"
        readable, _, _ = select.select([connection], [], [], PAUSE_SECONDS)
        if readable:
            return False
    return True


def is_read(connection: socket.socket, pid: int) -> bool:
    """Tell whether all that was sent has arrived, and a process has taken it: then nothing waits in either queue."""
    if any(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))):
        return False
    client = f":{connection.getsockname()[1]:04X}"
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, _, peer, state, queues, _, _, _, _, inode, *_ = line.split()
        if peer.endswith(client) and state == ESTABLISHED:
            # While it waits to be accepted, a connection has no inode.
            return inode != "0" and int(queues.partition(":")[2], 16) == 0
    return False
