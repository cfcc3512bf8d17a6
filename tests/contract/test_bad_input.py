"""Hostile and mistaken requests: refused with a JSON error, never a 5xx, a hang or a wrong 200."""

import pytest

from tests.contract import front_end
from tests.contract.cases import Refusal
from tests.contract.services import SERVICES

REFUSED = [
    pytest.param(service, refusal, id=f"{service.name}-{refusal.name}")
    for service in SERVICES
    for refusal in service.refused
]


@pytest.mark.parametrize(("service", "refusal"), REFUSED, indirect=["service"])
def test_bad_input_is_refused(url: str, service, refusal: Refusal, place: str) -> None:
    response = refusal.call.send(url + service.path)
    assert response.status_code in refusal.statuses, response.text
    if front_end.answered(response, place):
        return
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error["code"] and error["message"]
    if refusal.field:
        assert error["field"] == refusal.field
