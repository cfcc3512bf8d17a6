"""Health, version and the page that says what the service is."""

import json

import pytest
import requests

from tests.contract.cases import TIMEOUT_SECONDS


@pytest.mark.parametrize(("path", "status"), [("/health/live", "live"), ("/health/ready", "ready")])
def test_health_answers(url: str, path: str, status: str) -> None:
    response = requests.get(url + path, timeout=TIMEOUT_SECONDS)
    assert (response.status_code, response.json()) == (200, {"status": status})


def test_root_tells_how_to_call_the_service(url: str, service) -> None:
    response = requests.get(url + "/", timeout=TIMEOUT_SECONDS)
    assert response.status_code == 200
    assert service.path in response.text


def test_version_names_model_and_code(url: str) -> None:
    version = requests.get(url + "/version", timeout=TIMEOUT_SECONDS).json()
    assert version["model"]["files"] and version["model"]["libraries"]
    assert len(version["code"]["sha256"]) == 64


def test_version_gives_the_manifest_whole(url: str, trained, place: str) -> None:
    if place == "deployment":
        pytest.skip("the deployment serves a model of its own")
    manifest = json.loads((trained.directory / "manifest.json").read_text(encoding="utf-8"))
    assert requests.get(url + "/version", timeout=TIMEOUT_SECONDS).json()["model"] == manifest
