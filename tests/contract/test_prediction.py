"""Valid requests: the tutorial's own, the richer forms, and parity with the training side."""

import json

import pytest
import requests

from tests.contract.cases import TIMEOUT_SECONDS, Accepted
from tests.contract.services import SERVICES

ACCEPTED = [
    pytest.param(service, accepted, id=f"{service.name}-{accepted.name}")
    for service in SERVICES
    for accepted in service.accepted
]


@pytest.mark.parametrize(("service", "accepted"), ACCEPTED, indirect=["service"])
def test_valid_request_is_answered(url: str, service, accepted: Accepted) -> None:
    response = accepted.call.send(url + service.path)
    assert response.status_code == 200, response.text
    accepted.check(response)


def test_served_model_agrees_with_the_training_side(url: str, service, trained) -> None:
    served = requests.get(url + "/version", timeout=TIMEOUT_SECONDS).json()["model"]["files"]
    ours = json.loads((trained.directory / "manifest.json").read_text(encoding="utf-8"))["files"]
    if served != ours:
        pytest.skip("the deployment serves another model than the one that the tests trained")
    service.parity(url, trained.model)
