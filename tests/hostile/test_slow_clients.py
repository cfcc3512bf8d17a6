"""Clients that begin and do not go on: the others are served meanwhile, and afterwards nothing is left of them."""

import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.contract import yolo_flask
from tests.contract.cases import Service
from tests.contract.local import running
from tests.hostile import proxy

CLIENTS = 400
FEW_CLIENTS = 60
"""A thread of gunicorn's waits for each of them, and a worker has 64; more need a proxy in front, such as nginx."""

PATIENCE_SECONDS = 20


def silence(service: Service) -> bytes:
    """Say nothing."""
    return b""


def half_a_head(service: Service) -> bytes:
    """Begin a header and do not end it."""
    return f"POST {service.path} HTTP/1.1\r\nHost: x\r\nX-Slow: ".encode()


def half_a_body(service: Service) -> bytes:
    """Announce a body, and send its beginning."""
    call = service.accepted[0].call
    head = f"POST {service.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {call.content_type}\r\n"
    return f"{head}Content-Length: {len(call.body)}\r\n\r\n".encode() + call.body[:5]


def unread_answers(service: Service) -> bytes:
    """Ask for much, and never read it."""
    return b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50


def connect(url: str, sent: bytes) -> socket.socket:
    """Connect with a window of a few kilobytes, and send."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    client.sendall(sent)
    return client


def vanish(client: socket.socket) -> None:
    """Break a connection off without a farewell, as a phone in a tunnel does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("begin", [silence, half_a_head, half_a_body, unread_answers])
def test_slow_clients_stop_nobody(targets, service: Service, begin: Callable[[Service], bytes]) -> None:
    server = targets.process(service)
    with ExitStack() as stack:
        for _ in range(FEW_CLIENTS if service is yolo_flask.SERVICE else CLIENTS):
            stack.callback(vanish, connect(server.url, begin(service)))
        for _ in range(3):
            assert requests.get(server.url + "/health/ready", timeout=PATIENCE_SECONDS).status_code == 200
            assert service.accepted[0].call.send(server.url + service.path).status_code == 200
    assert service.accepted[0].call.send(server.url + service.path).status_code == 200


def test_gunicorn_lets_clients_go_that_fall_silent(targets, tmp_path: Path) -> None:
    service = yolo_flask.SERVICE
    model = targets.trained(service).directory
    with running(service.name, model, tmp_path / "log", WORKERS="1") as server, ExitStack() as stack:
        for begin in (half_a_head, half_a_body) * 40:  # more than there are threads
            stack.callback(vanish, connect(server.url, begin(service)))
        assert requests.get(server.url + "/health/live", timeout=60).status_code == 200
        assert service.accepted[0].call.send(server.url + service.path).status_code == 200


def test_behind_nginx_slow_clients_may_be_many(targets, tmp_path: Path) -> None:
    service = yolo_flask.SERVICE
    behind = int(targets.process(service).url.rpartition(":")[2])
    with proxy.many_files(8 * CLIENTS), proxy.in_front_of(behind, tmp_path) as url, ExitStack() as stack:
        for begin in (half_a_head, half_a_body):
            for _ in range(CLIENTS):
                stack.callback(vanish, connect(url, begin(service)))
        for _ in range(3):
            assert requests.get(url + "/health/live", timeout=PATIENCE_SECONDS).status_code == 200
            answer = service.accepted[0].call.send(url + service.path)
            assert answer.status_code == 200
            service.accepted[0].check(answer)
