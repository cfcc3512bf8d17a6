"""A worker that is killed, and a service that is stopped, while clients are served."""

import json
import socket
import time
from collections import Counter

from tests.contract.cases import Service
from tests.contract.local import Server
from tests.contract.test_process import open_request, read_all
from tests.faults.load import READY_SECONDS, owners, under_load, wait_until_all_serve

STOP_SECONDS = 10


def is_answered(connection: socket.socket, rest: bytes) -> bool:
    """Send what is missing of a request and tell whether it was answered with 200."""
    try:
        connection.sendall(rest)
        return read_all(connection).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def test_a_killed_worker_takes_only_its_own_requests_with_it(server: Server, service: Service) -> None:
    wait_until_all_serve(server)
    held = {held[0].getsockname()[1]: held for held in (open_request(server, service) for _ in range(16))}
    time.sleep(0.5)  # until the workers have taken them
    with under_load(server.url, service, clients=4) as load:
        holding = owners(server)
        victim = Counter(holding[port] for port in held).most_common(1)[0][0]
        of_the_victim = {port for port in held if holding[port] == victim}
        victim.kill()
        victim.wait(READY_SECONDS)
        gone = time.monotonic()
        lost = {port for port, (connection, rest) in held.items() if not is_answered(connection, rest)}
        wait_until_all_serve(server)
        settled = time.monotonic()
        time.sleep(1)
    assert lost == of_the_victim
    assert load.successes(since=settled) and not load.failures(since=settled)
    # What the victim was working on, and what came in while the kernel took it apart; after that, nobody fails.
    assert not [outcome for outcome in load.failures() if outcome.began > gone], load.failures()


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
