"""A day of requests in fast motion: the service's memory stays as it was."""

import time

import pytest

from tests.contract.cases import Service
from tests.contract.local import Server, wait_until_all_serve
from tests.faults.load import Load, under_load

CLIENTS = 4
GROWTH_MB = 12
"""What the allocators of both workers may keep. A leak of 1 KB a request would be eight times as much in 100 000."""


def serve(load: Load, count: int) -> None:
    """Wait until so many requests more were answered."""
    wanted = len(load.outcomes) + count
    while len(load.outcomes) < wanted:
        time.sleep(0.05)


@pytest.mark.parametrize("count", [300, pytest.param(100_000, marks=pytest.mark.soak)])
def test_memory_stays_flat(server: Server, service: Service, count: int) -> None:
    wait_until_all_serve(server)
    with under_load(server.url, service, clients=CLIENTS) as load:
        serve(load, max(150, count // 10))
        before = server.memory_mb()
        serve(load, count)
        after = server.memory_mb()
    assert not load.failures()
    assert after - before < GROWTH_MB, f"{before:.0f} MB, and {after:.0f} MB after {count} requests"
