"""Clients that ask a service without pause, and remember how each request ended."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import requests

from tests.contract.cases import Service
from tests.contract.local import READY_SECONDS, Server


@dataclass(frozen=True)
class Outcome:
    """One request: when it began and ended, by ``time.monotonic()``, and with which status or error."""

    began: float
    ended: float
    status: int = 0
    error: str = ""


@dataclass
class Load:
    """Clients at work, and how their requests have ended so far."""

    url: str
    service: Service
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def ask_until_stopped(self) -> None:
        """Send the service's first valid request again and again, each over a connection of its own."""
        while not self.stopped.is_set():
            self.outcomes.append(self.ask())

    def ask(self) -> Outcome:
        """Send one request; an answer with the wrong content is an error."""
        case, began = self.service.accepted[0], time.monotonic()
        try:
            response = case.call.send(self.url + self.service.path)
            if response.ok:
                case.check(response)
        except (requests.RequestException, AssertionError) as error:
            return Outcome(began, time.monotonic(), error=f"{type(error).__name__}: {error}")
        return Outcome(began, time.monotonic(), status=response.status_code)

    def failures(self, *, since: float = 0) -> list[Outcome]:
        """Return what was not answered with 200."""
        return [outcome for outcome in self.outcomes if outcome.status != 200 and outcome.ended > since]

    def successes(self, *, since: float = 0) -> list[Outcome]:
        """Return what was answered with 200, and rightly."""
        return [outcome for outcome in self.outcomes if outcome.status == 200 and outcome.ended > since]

    def go_on(self, *, since: float) -> None:
        """Let the clients ask for a second more, and until at least one was answered after ``since``."""
        deadline = time.monotonic() + READY_SECONDS
        time.sleep(1)
        while not self.successes(since=since):
            assert time.monotonic() < deadline, "nobody is answered any more"
            time.sleep(0.02)


@contextmanager
def under_load(url: str, service: Service, *, clients: int = 6) -> Iterator[Load]:
    """Keep a service busy, from the first answer on, until the block ends."""
    load = Load(url, service)
    threads = [threading.Thread(target=load.ask_until_stopped, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        while not load.outcomes:
            time.sleep(0.01)
        yield load
    finally:
        load.stopped.set()
        for thread in threads:
            thread.join()


def replace(worker: psutil.Process, server: Server) -> psutil.Process:
    """Kill a worker and return the one that takes its place."""
    before = set(server.workers)
    worker.kill()
    deadline = time.monotonic() + READY_SECONDS
    while not (new := set(server.workers) - before):
        assert time.monotonic() < deadline, "no worker took the dead one's place"
        time.sleep(0.02)
    return new.pop()
