"""A client that hangs up in the middle of its request: nobody is told of an error, since it was none of the service."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.cases import Service
from tests.contract.local import running
from tests.hostile.test_slow_clients import connect, half_a_body, vanish

CLIENTS = 8
END_SECONDS = 30


@pytest.mark.parametrize("leave", [vanish, socket.socket.close], ids=["without a farewell", "with one"])
def test_who_hangs_up_is_no_error_in_the_log(
    service: Service, trained, tmp_path: Path, leave: Callable[[socket.socket], None]
) -> None:
    with running(service.name, trained.directory, tmp_path / "log", WORKERS="1") as server:
        workers = set(server.workers)
        for _ in range(CLIENTS):
            client = connect(server.url, half_a_body(service))
            assert service.accepted[0].call.send(server.url + service.path).status_code == 200
            leave(client)
        assert service.accepted[0].call.send(server.url + service.path).status_code == 200
        assert workers <= set(server.workers)
        server.process.terminate()
        server.process.wait(END_SECONDS)
    lines = [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line["severity"] != "INFO" or line.get("status", 0) >= 500] == []
    worked_on = [line["status"] for line in lines if line.get("path") == service.path]
    assert worked_on.count(200) == CLIENTS + 1 and set(worked_on) <= {200, 400, 422, 499}
