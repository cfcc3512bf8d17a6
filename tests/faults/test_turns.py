"""Clients that come together are shared between the workers of a service: none of its processors is left idle."""

import asyncio
import importlib.util
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest

from deploykit.paths import ROOT
from tests.contract import ner_fastapi
from tests.contract.local import running, wait_until_all_serve, wait_until_read

ROUNDS, CLIENTS = 10, 8
MANY_CLIENTS = 300


class Clock:
    """A clock that the test moves on."""

    now = 0.0

    def time(self) -> float:
        """Return the seconds."""
        return self.now


class Worker:
    """The event loop of a worker, at a door that it shares with others, and how many clients it has let in."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: socket.socket, clock: Clock):
        self.loop, self.clients = loop, 0
        loop.time = clock.time
        self.server = loop.run_until_complete(loop.create_server(self.let_in, sock=door))

    def let_in(self) -> asyncio.Protocol:
        """Count a client."""
        self.clients += 1
        return asyncio.Protocol()

    def work(self) -> None:
        """Let the loop do all that it may do at this time."""
        for _ in range(10):
            self.loop.run_until_complete(asyncio.sleep(0))

    def end(self) -> None:
        """Close the door and the loop."""
        self.server.close()
        self.work()
        self.loop.close()


@pytest.fixture
def code() -> ModuleType:
    """Load the service's worker.py, which has a namesake in another service."""
    spec = importlib.util.spec_from_file_location("ner_worker", ROOT / "app_src" / "ner_fastapi" / "worker.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Open a door before which the clients stand, all at the same time."""
    with ExitStack() as stack:
        opened = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=CLIENTS))
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(opened.getsockname()))
        yield opened


def test_workers_let_one_client_in_at_a_time_and_pause(code: ModuleType, door: socket.socket) -> None:
    clock = Clock()
    workers = [Worker(code.Loop(), door.dup(), clock) for _ in range(2)]
    for turn in range(1, CLIENTS // 2 + 1):
        for worker in workers:
            worker.work()
        assert [worker.clients for worker in workers] == [turn, turn]
        clock.now += code.PAUSE_SECONDS
    for worker in workers:
        worker.end()


def test_a_worker_that_ends_lets_nobody_in_after_its_pause(code: ModuleType, door: socket.socket) -> None:
    clock = Clock()
    worker = Worker(code.Loop(), door.dup(), clock)
    worker.work()
    worker.server.close()
    clock.now += code.PAUSE_SECONDS
    worker.work()
    assert worker.clients == 1
    worker.end()


def test_a_worker_of_the_service_pauses_after_each_client(targets, code: ModuleType, tmp_path: Path) -> None:
    service = ner_fastapi.SERVICE
    model = targets.trained(service).directory
    with running(service.name, model, tmp_path / "log", WORKERS="1") as server, ExitStack() as stack:
        address, began = ("127.0.0.1", int(server.url.rpartition(":")[2])), time.monotonic()
        *_, last = [stack.enter_context(socket.create_connection(address)) for _ in range(MANY_CLIENTS)]
        wait_until_read(last, server.process.pid)
        assert time.monotonic() - began >= (MANY_CLIENTS - 1) * code.PAUSE_SECONDS


@pytest.mark.soak  # who is let in depends on who else wants a processor: this needs a machine that has little to do
def test_no_worker_takes_all_clients(targets, tmp_path: Path) -> None:
    service = ner_fastapi.SERVICE
    with running(service.name, targets.trained(service).directory, tmp_path / "log") as server:
        wait_until_all_serve(server)
        address, fewest = ("127.0.0.1", int(server.url.rpartition(":")[2])), []
        for _ in range(ROUNDS):
            with ExitStack() as clients:
                for _ in range(CLIENTS):
                    clients.enter_context(socket.create_connection(address))
                time.sleep(0.3)
                taken = Counter(server.owners().values())
                fewest.append(min(taken[worker] for worker in server.workers))
            time.sleep(0.1)
    assert sum(few >= 2 for few in fewest) > ROUNDS / 2, fewest
