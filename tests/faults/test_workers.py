"""A worker that is killed, and a service that is stopped, while clients are served."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.contract.cases import Service
from tests.contract.local import READY_SECONDS, Server, wait_until_all_serve, wait_until_read
from tests.contract.test_process import open_request, read_all
from tests.faults.load import under_load

STOP_SECONDS = 30


@dataclass
class Begun:
    """A request that was begun: its connection, and what is missing."""

    connection: socket.socket
    rest: bytes

    def say(self, length: int) -> None:
        """Send so much of what is missing, unless the worker is gone."""
        with suppress(OSError):
            self.connection.sendall(self.rest[:length])
        self.rest = self.rest[length:]

    def is_answered(self) -> bool:
        """Tell whether it was answered with 200."""
        try:
            return read_all(self.connection).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


@contextmanager
def talking(clients: Iterable[Begun]) -> Iterator[None]:
    """Let each client send a byte a second while the block runs: yolo_flask lets those go that fall silent."""
    done = threading.Event()

    def talk() -> None:
        while not done.wait(1):
            for client in clients:
                client.say(min(1, len(client.rest) - 1))

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_killed_worker_takes_only_its_own_requests_with_it(server: Server, service: Service) -> None:
    wait_until_all_serve(server)
    with under_load(server.url, service, clients=4) as load:
        begun = [Begun(*open_request(server.url, service)) for _ in range(16)]
        held = {one.connection.getsockname()[1]: one for one in begun}
        with talking(begun):
            for one in begun:
                wait_until_read(one.connection, server.process.pid)
            holding = server.owners()
            victim = Counter(holding[port] for port in held).most_common(1)[0][0]
            of_the_victim = {port for port in held if holding[port] == victim}
            victim.kill()
            victim.wait(READY_SECONDS)
            gone = time.monotonic()
        lost = unanswered(held)
        wait_until_all_serve(server)
        settled = time.monotonic()
        load.go_on(since=settled)
    assert lost == of_the_victim
    assert load.successes(since=settled) and not load.failures(since=settled)
    # What the victim was working on, and what came in while the kernel took it apart; after that, nobody fails.
    assert not [outcome for outcome in load.failures() if outcome.began > gone], load.failures()


def unanswered(held: dict[int, Begun]) -> set[int]:
    """Let every client send what is missing, and return the ports of those that are not answered with 200."""
    for one in held.values():
        one.say(len(one.rest))
    return {port for port, one in held.items() if not one.is_answered()}


def test_sigterm_under_load_loses_no_request_that_was_begun(server: Server, service: Service) -> None:
    wait_until_all_serve(server)
    with under_load(server.url, service) as load:
        time.sleep(1)
        server.process.terminate()
        status = server.process.wait(STOP_SECONDS)
    assert status == 0
    assert {outcome.error.partition(":")[0] for outcome in load.failures()} == {"ConnectionError"}, load.failures()
    lines = [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines()]
    worked_on = [line["status"] for line in lines if line.get("path") == service.path]
    assert worked_on == [200] * len(load.successes())
