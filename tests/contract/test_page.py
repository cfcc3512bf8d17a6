"""The contract for services that are pages: what holds for every service is imported, what is their own is here."""

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.contract import front_end
from tests.contract.cases import TIMEOUT_SECONDS, Call, Service
from tests.contract.local import Server, is_read_before_it_is_answered, running
from tests.contract.services import PAGES
from tests.contract.test_health import (  # noqa: F401
    test_health_answers,
    test_root_tells_how_to_call_the_service,
    test_version_gives_the_manifest_whole,
    test_version_names_model_and_code,
)
from tests.contract.test_http import (  # noqa: F401
    assert_error,
    test_client_that_goes_away_harms_nobody,
    test_connection_is_kept,
    test_head_answers_like_get_without_a_body,
    test_unknown_path_is_404,
)
from tests.contract.test_prediction import test_served_model_agrees_with_the_training_side  # noqa: F401
from tests.contract.test_process import (  # noqa: F401
    BROKEN_MODELS,
    address,
    read_all,
    test_sigterm_ends_a_service_that_is_still_loading,
)

pytestmark = pytest.mark.needs("browser")
ATTEMPTS = 20
PLATFORM_PROBES = ["/healthz", "/liveness_check", "/readiness_check", "/_ah/health", "/_stcore/nope", "/static/nope.js"]


@pytest.fixture(params=PAGES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Give each page in turn."""
    return request.param


@pytest.mark.parametrize("path", PLATFORM_PROBES)
def test_probe_of_a_wrong_path_does_not_look_healthy(url: str, place: str, path: str) -> None:
    response = requests.get(url + path, timeout=TIMEOUT_SECONDS)
    if not front_end.answered(response, place):
        assert_error(response, 404)


@pytest.mark.parametrize("path", ["/", "/predict", "/health/ready", "/_stcore/upload_file/session/file"])
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_body_is_refused(url: str, place: str, path: str, chunked: bool) -> None:
    response = Call(b"1" * 50_000_000, chunked=chunked).send(url + path)
    if front_end.answered(response, place):
        return
    assert response.status_code in (404, 405)
    assert set(response.json()["error"]) == {"code", "message", "field"}


def test_broken_model_makes_the_page_unready_until_it_is_mended(service: Service, trained, tmp_path: Path) -> None:
    model = tmp_path / "model"
    with running(service.name, model, tmp_path / "log") as server:
        assert "cannot read manifest.json" in server.log.read_text(encoding="utf-8")
        for name, (spoil, reason) in BROKEN_MODELS.items():
            shutil.copytree(trained.directory, model)
            spoil(model)
            assert requests.get(f"{server.url}/health/live", timeout=TIMEOUT_SECONDS).status_code == 200
            ready = requests.get(f"{server.url}/health/ready", timeout=TIMEOUT_SECONDS)
            assert ready.status_code == 503 and reason in ready.json()["error"]["message"], name
            assert requests.get(f"{server.url}/version", timeout=TIMEOUT_SECONDS).json()["model"] is None
            shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(trained.directory, model)
        assert requests.get(f"{server.url}/health/ready", timeout=TIMEOUT_SECONDS).status_code == 200


def test_sigterm_lets_a_request_in_flight_finish(server: Server) -> None:
    connection = ask(server.url, seen=lambda asked: is_read_before_it_is_answered(asked, server.process.pid))
    server.process.terminate()
    assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(10) == 0


def ask(url: str, *, seen: Callable[[socket.socket], bool]) -> socket.socket:
    """Ask a page for its readiness, which runs it, until a request is seen before its answer."""
    for _ in range(ATTEMPTS):
        connection = socket.create_connection(address(url), TIMEOUT_SECONDS)
        connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        if seen(connection):
            return connection
        connection.close()
    raise AssertionError("every answer came before its request was seen")


def test_every_line_of_the_log_is_json_and_holds_no_query(server: Server) -> None:
    for path in ("/", "/nope", "/health/ready?secret=1"):
        requests.get(server.url + path, timeout=TIMEOUT_SECONDS)
    server.process.terminate()
    server.process.wait(TIMEOUT_SECONDS)
    text = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    requested = [line for line in lines if line.get("path") not in (None, "/health/live")]
    # A file's line is written when the file is closed, and the next request's may come first.
    assert sorted((line["method"], line["path"], line["status"]) for line in requested) == [
        ("GET", "/", 200), ("GET", "/health/ready", 200), ("GET", "/nope", 404)
    ]  # fmt: skip
    assert all({"time", "milliseconds", "bytes"} <= set(line) for line in requested)
    assert "secret" not in text


def test_page_leaves_nothing_behind(service: Service, trained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running(service.name, trained.directory, tmp_path / "log", HOME=str(home), XDG_CACHE_HOME=str(home)) as server:
        assert requests.get(f"{server.url}/health/ready", timeout=TIMEOUT_SECONDS).status_code == 200
    assert list(home.rglob("*")) == []
