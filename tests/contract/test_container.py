"""How a service's container starts, tells its health, ends, and fails; what a request gets is in the other files."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploykit import containers
from deploykit.service import ServiceError
from tests.contract import yolo_flask
from tests.contract.cases import TIMEOUT_SECONDS, Service
from tests.contract.container import Image, Running, running, starting
from tests.contract.services import PAGES, SERVICES
from tests.contract.test_page import ask
from tests.contract.test_process import open_request, read_all

pytestmark = pytest.mark.needs("docker")
every_service = pytest.mark.parametrize(
    "service", [pytest.param(service, id=service.name) for service in [*SERVICES, *PAGES]], indirect=True
)
one_service = pytest.mark.parametrize("service", [pytest.param(SERVICES[0], id=SERVICES[0].name)], indirect=True)
"""What the Dockerfile does for every service alike is tried with one."""


@pytest.fixture
def container(image: Image) -> Iterator[Running]:
    """Run a container that the test may end, and whose health the engine looks at every second, not every ten."""
    with running(image, healthcheck={"interval": 1_000_000_000}) as started:
        yield started


@every_service
def test_engine_finds_it_healthy(container: Running):
    deadline = time.monotonic() + 40
    while (health := container.inspect("State")["Health"])["Status"] == "starting":
        assert time.monotonic() < deadline, health
        time.sleep(0.1)
    assert health["Status"] == "healthy", health


@one_service
def test_engine_asks_the_service_and_not_only_its_process(image: Image, tmp_path: Path):
    empty = {str(tmp_path): {"bind": "/app/model", "mode": "ro"}}
    with starting(image, volumes=empty) as started:
        containers.wait_for(started.container.name, started.url, ready="/health/live")
        check = started.inspect("Config")["Healthcheck"]["Test"][1:]
        assert requests.get(f"{started.url}/health/ready", timeout=TIMEOUT_SECONDS).status_code == 503
        assert started.container.exec_run(check).exit_code != 0


@one_service
def test_port_is_the_platforms_to_choose(image: Image):
    with running(image, port=9000, environment={"PORT": "9000"}) as started:
        check = started.inspect("Config")["Healthcheck"]["Test"][1:]
        assert started.container.exec_run(check).exit_code == 0


@every_service
def test_sigterm_lets_a_request_in_flight_finish(container: Running, service: Service):
    url = container.own_url
    if service in PAGES:
        connection, rest = ask(url, seen=container.is_read_before_it_is_answered), b""
    else:
        connection, rest = open_request(url, service)
        assert container.is_read_before_it_is_answered(connection)
    container.container.kill("SIGTERM")
    connection.sendall(rest)
    assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert container.container.wait(timeout=TIMEOUT_SECONDS)["StatusCode"] == 0


@pytest.mark.parametrize("service", [pytest.param(yolo_flask.SERVICE, id="yolo_flask")], indirect=True)
def test_too_little_memory_is_named(image: Image):
    too_little = {"mem_limit": "64m", "memswap_limit": "64m"}
    reason = "needed more memory than its limit of 64 MB"
    with starting(image, **too_little) as started, pytest.raises(ServiceError, match=reason):
        containers.wait_for(started.container.name, started.url, timeout=60)
