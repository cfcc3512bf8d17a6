"""The manners of HTTP: unknown paths, wrong methods, HEAD, OPTIONS, kept connections."""

import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.contract.cases import TIMEOUT_SECONDS
from tests.contract.services import SERVICES

# GET is right where the prediction endpoint is the root, whose page says what the service is.
WRONG_METHODS = [
    pytest.param(service, method, id=f"{service.name}-{method}")
    for service in SERVICES
    for method in ("GET", "PUT", "DELETE", "PATCH", "BREW")
    if (method, service.path) != ("GET", "/")
]


def assert_error(response: requests.Response, status: int) -> None:
    assert response.status_code == status, response.text
    assert set(response.json()["error"]) == {"code", "message", "field"}


@pytest.mark.parametrize("path", ["/nope", "/health//live", "/health/live/", "/%00", "/%ff", "/..%2f..%2fetc/passwd"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path_is_404(url: str, method: str, path: str) -> None:
    assert_error(requests.request(method, url + path, timeout=TIMEOUT_SECONDS), 404)


@pytest.mark.parametrize(("service", "method"), WRONG_METHODS, indirect=["service"])
def test_wrong_method_is_405_and_names_the_right_one(url: str, service, method: str) -> None:
    response = requests.request(method, url + service.path, timeout=TIMEOUT_SECONDS)
    assert_error(response, 405)
    assert "POST" in response.headers["allow"]


def test_head_answers_like_get_without_a_body(url: str) -> None:
    response = requests.head(url + "/health/ready", timeout=TIMEOUT_SECONDS)
    assert (response.status_code, response.content) == (200, b"")


def test_options_names_the_methods(url: str, service) -> None:
    response = requests.options(url + service.path, timeout=TIMEOUT_SECONDS)
    assert response.status_code in (200, 204)
    assert "POST" in response.headers["allow"]


def test_connection_is_kept(url: str, service) -> None:
    with requests.Session() as session:
        ports = {local_port(session, url) for _ in range(3)}
    assert len(ports) == 1


def local_port(session: requests.Session, url: str) -> int:
    with session.get(url + "/health/live", timeout=TIMEOUT_SECONDS, stream=True) as response:
        port = response.raw.connection.sock.getsockname()[1]
        assert response.content
    return port


def test_client_that_goes_away_harms_nobody(url: str, service) -> None:
    address = urlsplit(url)
    if address.scheme != "http":
        pytest.skip("speaks to a bare socket")
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port or 80), TIMEOUT_SECONDS) as client:
            head = f"POST {service.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            client.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n[")
    assert requests.get(url + "/health/ready", timeout=TIMEOUT_SECONDS).status_code == 200
