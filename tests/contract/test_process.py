"""The process behind the service: models it must not serve, memory, signals, dead workers, logs."""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from deploykit.paths import ROOT
from tests.contract.cases import TIMEOUT_SECONDS, Call, Service
from tests.contract.local import Server, first_worker, running, starting, wait_until_all_serve, wait_until_read
from tests.contract.services import SERVICES

ON_GUNICORN = [service for service in SERVICES if (ROOT / "app_src" / service.name / "gunicorn.conf.py").is_file()]

REFUSED_SECONDS = 3
"""By then nobody new may be let in; whoever is in has 5 seconds to finish."""

LOADING_SECONDS = 60
END_SECONDS = 4
"""granian kills workers after 5 seconds: they must have ended by themselves."""

REPLACED_SECONDS = 30
ANSWER_SECONDS = 4
"""yolo_flask lets silent clients go after 5 seconds: others must be answered before."""


def change_manifest(model: Path, change: Callable[[dict], object]) -> None:
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (model / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def artifact(model: Path) -> Path:
    return next(path for path in sorted(model.iterdir()) if path.name != "manifest.json")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def set_hash(model: Path) -> None:
    change_manifest(model, lambda manifest: manifest["files"].update({artifact(model).name: "0" * 64}))


def set_versions(model: Path) -> None:
    change_manifest(model, lambda manifest: manifest.update(libraries=dict.fromkeys(manifest["libraries"], "0.1")))


BROKEN_MODELS = {
    "no folder": (shutil.rmtree, "cannot read manifest.json"),
    "no manifest": (lambda model: (model / "manifest.json").unlink(), "cannot read manifest.json"),
    "no artefact": (lambda model: artifact(model).unlink(), "cannot read"),
    "truncated artefact": (lambda model: truncate(artifact(model)), "sha256"),
    "hash of another artefact": (set_hash, "sha256"),
    "truncated manifest": (lambda model: truncate(model / "manifest.json"), "JSON"),
    "manifest without files": (lambda model: change_manifest(model, lambda manifest: manifest.pop("files")), "files"),
    "another library version": (set_versions, "0.1"),
    "another prediction": (
        lambda model: change_manifest(model, lambda manifest: manifest["example"].update(label=0)),
        "smoke prediction",
    ),
    "other features": (
        lambda model: change_manifest(model, lambda manifest: manifest["features"].reverse()),
        "other features",
    ),
}


BROKEN = [
    pytest.param(service, name, id=f"{service.name}-{name}")
    for service in SERVICES
    for name in BROKEN_MODELS
    if name not in service.harmless
]


@pytest.mark.parametrize(("service", "name"), BROKEN, indirect=["service"])
def test_broken_model_is_not_served(service: Service, trained, tmp_path: Path, name: str) -> None:
    spoil, reason = BROKEN_MODELS[name]
    model = shutil.copytree(trained.directory, tmp_path / "model")
    spoil(model)
    with running(service.name, model, tmp_path / "log") as server:
        assert requests.get(server.url + "/health/live", timeout=TIMEOUT_SECONDS).status_code == 200
        ready = requests.get(server.url + "/health/ready", timeout=TIMEOUT_SECONDS)
        predict = service.accepted[0].call.send(server.url + service.path)
        version = requests.get(server.url + "/version", timeout=TIMEOUT_SECONDS)
        assert server.process.is_running() and server.workers
    assert (ready.status_code, predict.status_code, version.json()["model"]) == (503, 503, None)
    assert reason in ready.json()["error"]["message"]
    assert predict.json() == ready.json()
    assert reason in server.log.read_text(encoding="utf-8")


def address(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


def open_request(url: str, service: Service) -> tuple[socket.socket, bytes]:
    """Send a request but for its last bytes; return the connection and what is missing."""
    call = service.accepted[0].call
    head = f"POST {service.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {call.content_type}\r\n"
    connection = socket.create_connection(address(url), TIMEOUT_SECONDS)
    connection.sendall(f"{head}Content-Length: {len(call.body)}\r\nConnection: close\r\n\r\n".encode() + call.body[:5])
    return connection, call.body[5:]


def read_all(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.read()


def test_sigterm_lets_requests_in_flight_finish(server: Server, service: Service) -> None:
    in_flight = [open_request(server.url, service) for _ in range(4)]
    idle = socket.create_connection(address(server.url), TIMEOUT_SECONDS)
    for connection in [idle, *(connection for connection, _ in in_flight)]:
        wait_until_read(connection, server.process.pid)
    server.process.terminate()
    wait_until_refused(server)
    for connection, rest in in_flight:
        connection.sendall(rest)
    for connection, _ in in_flight:
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(15) == 0
    idle.close()


def wait_until_refused(server: Server) -> None:
    """Wait until nobody lets a new client in."""
    deadline = time.monotonic() + REFUSED_SECONDS
    while True:
        try:
            socket.create_connection(address(server.url), TIMEOUT_SECONDS).close()
        except ConnectionRefusedError:
            return
        assert time.monotonic() < deadline, "new clients are still let in"
        time.sleep(0.02)


def test_sigterm_ends_a_service_that_is_still_loading(service: Service, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    os.mkfifo(manifest)
    # As long as somebody may write, reading it waits for ever.
    with manifest.open("r+b", buffering=0), starting(service.name, tmp_path, tmp_path / "log") as server:
        deadline = time.monotonic() + LOADING_SECONDS
        while not all_read(server, manifest):
            assert time.monotonic() < deadline, "nobody reads the model"
            time.sleep(0.02)
        server.process.terminate()
        server.process.wait(END_SECONDS)


@pytest.mark.parametrize("service", ON_GUNICORN, ids=lambda service: service.name, indirect=True)
def test_sigterm_that_a_worker_gets_in_the_moment_of_its_birth_ends_it(service: Service, tmp_path: Path) -> None:
    with starting(service.name, tmp_path / "no model", tmp_path / "log") as server:
        worker = first_worker(server)
        worker.terminate()
        _, alive = psutil.wait_procs([worker], END_SECONDS)
    assert not alive, "it has forgotten the signal"


def all_read(server: Server, file: Path) -> bool:
    """Tell whether both workers have opened a file, or the one process that loads for all."""
    return has_opened(server.process, file) or sum(has_opened(worker, file) for worker in server.workers) == 2


def has_opened(process: psutil.Process, file: Path) -> bool:
    try:
        return str(file) in [os.readlink(number) for number in Path(f"/proc/{process.pid}/fd").iterdir()]
    except OSError:  # the process, or one of its files, is gone by now
        return False


def test_sigterm_does_not_wait_for_ever(server: Server, service: Service) -> None:
    connection, _ = open_request(server.url, service)
    wait_until_read(connection, server.process.pid)
    server.process.terminate()
    assert server.process.wait(15) == 0
    connection.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_50_mb_body_costs_no_memory(server: Server, service: Service, chunked: bool) -> None:
    bomb = Call(b"[" + b"1," * 25_000_000, service.accepted[0].call.content_type, chunked=chunked)
    for _ in range(6):  # every worker has its turn: what reading so much costs it at first, it does not give back
        bomb.send(server.url + service.path)
    before = server.memory_mb()
    with watched_memory(server) as seen:
        assert bomb.send(server.url + service.path).status_code == 413
    # What is read up to the limit is copied on its way.
    assert max(seen) - before < 3 + 5 * service.limit_bytes / 1e6


@contextmanager
def watched_memory(server: Server) -> Iterator[list[float]]:
    """Note the memory again and again while the block runs; fail when it could not be seen."""
    seen, done = [], threading.Event()
    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(watch_memory, server, seen, done)
        try:
            yield seen
        finally:
            done.set()
    watcher.result()


def watch_memory(server: Server, seen: list[float], done: threading.Event) -> None:
    seen.append(server.memory_mb())
    while not done.wait(0.002):
        seen.append(server.memory_mb())


def test_dead_worker_is_replaced(server: Server, service: Service) -> None:
    wait_until_all_serve(server)
    before = {worker.pid for worker in server.workers}
    server.workers[0].kill()
    deadline = time.monotonic() + REPLACED_SECONDS
    while {worker.pid for worker in server.workers} <= before:
        assert time.monotonic() < deadline, "no worker took the dead one's place"
        time.sleep(0.05)
    for _ in range(20):
        assert service.accepted[0].call.send(server.url + service.path).status_code == 200


def test_slow_clients_do_not_block_others(server: Server, service: Service) -> None:
    slow = [open_request(server.url, service)[0] for _ in range(40)]
    for connection in slow:
        wait_until_read(connection, server.process.pid)
    assert requests.get(server.url + "/health/ready", timeout=ANSWER_SECONDS).status_code == 200
    assert {connection.getsockname()[1] for connection in slow} <= set(server.owners()), "some were let go meanwhile"
    for connection in slow:
        connection.close()


def test_every_request_is_one_line_of_json_without_its_input(server: Server, service: Service) -> None:
    service.accepted[0].call.send(server.url + service.path)
    refused = Call(b'{"secret-key": "secret-value"}').send(server.url + service.path)
    requests.get(server.url + "/nope", timeout=TIMEOUT_SECONDS)
    server.process.terminate()
    server.process.wait(TIMEOUT_SECONDS)
    text = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    requested = [line for line in lines if line.get("path") != "/health/live"]
    # Each worker writes its own lines, and the one of the later request may be the first.
    assert sorted((line["method"], line["path"], line["status"]) for line in requested) == [
        ("GET", "/nope", 404), ("POST", service.path, 200), ("POST", service.path, refused.status_code)
    ]  # fmt: skip
    assert refused.status_code in (415, 422)
    assert all({"time", "milliseconds", "bytes"} <= set(line) for line in requested)
    assert "secret" not in text


def test_service_leaves_nothing_behind(service: Service, trained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running(service.name, trained.directory, tmp_path / "log", HOME=str(home), XDG_CACHE_HOME=str(home)) as server:
        assert service.accepted[0].call.send(server.url + service.path).status_code == 200
    assert list(home.rglob("*")) == []
