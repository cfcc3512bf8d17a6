"""Clients that come together are shared between the workers of a service: none of its processors is left idle."""

import socket
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.contract import ner_fastapi
from tests.contract.local import running
from tests.faults.load import owners, wait_until_all_serve

ROUNDS, CLIENTS = 10, 8


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
                taken = Counter(owners(server).values())
                fewest.append(min(taken[worker] for worker in server.workers))
            time.sleep(0.1)
    assert sum(few >= 2 for few in fewest) > ROUNDS / 2, fewest
