"""Requests that are nearly valid: none is answered with 5xx, none hangs, none ends a worker, none spoils the next."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.contract.cases import Call, Service
from tests.hostile.mutations import mutated, seeds

CLIENTS = 4


def status(call: Call, url: str) -> int:
    """Send a request, make sure that an error has the shape of one, and return the status."""
    response = call.send(url)
    answer = response.json()
    if not response.ok:
        assert set(answer["error"]) == {"code", "message", "field"}
    return response.status_code


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_no_mutated_request_is_an_error_of_the_service(targets, service: Service, count: int) -> None:
    server, calls = targets.process(service), seeds(service)
    workers = set(server.workers)

    def attack(number: int) -> tuple[int, int | str]:
        try:
            return number, status(mutated(calls, number), server.url + service.path)
        except (requests.RequestException, ValueError, AssertionError) as error:
            return number, f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor(CLIENTS) as clients:
        ended = list(clients.map(attack, range(count)))
    assert [(number, found) for number, found in ended if not isinstance(found, int) or found >= 500] == []
    statuses = Counter(found for _, found in ended)
    assert statuses[422] and len(statuses) > 2, f"the service saw through all of them at once: {statuses}"
    assert workers <= set(server.workers), "a worker died"
    first = service.accepted[0]
    first.check(first.call.send(server.url + service.path))
