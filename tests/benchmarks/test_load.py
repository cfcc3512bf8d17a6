"""Load comes from wrk or from Locust; both tell the same things about a server that runs."""

import json
import shutil
import time
from collections.abc import Iterator

import pytest

from benchmarks import contenders, lives, load
from benchmarks.calls import CALLS, Call
from benchmarks.memory import Peak
from deploykit.errors import KitError
from deploykit.service import Service, free_port

CALL = CALLS["iris_flask"]


@pytest.fixture(scope="module")
def server() -> Iterator[Service]:
    """Run a server that answers every prediction at once."""
    with lives.start(contenders.constant("iris_flask", b"2")) as running:
        yield running


@pytest.fixture(params=["wrk", "locust"])
def generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use one of the two generators."""
    if request.param == "wrk" and load.generator() != "wrk":
        pytest.skip("There is no wrk on this machine.")
    if request.param == "locust":
        monkeypatch.setattr(shutil, "which", lambda name, **options: None if name == "wrk" else which(name, **options))
    return request.param


which = shutil.which


def test_answers_are_counted_and_timed(server: Service, generator: str):
    began = time.monotonic()
    seen = load.measure(server.url, CALL, connections=2, seconds=1)
    longest = time.monotonic() - began  # the generator starts and ends within it, too
    assert seen.connections == 2 and seen.errors == 0 and seen.requests > 10
    assert seen.requests / longest < seen.requests_per_second < 4 * seen.requests
    assert 0 < seen.p50 <= seen.p95 <= seen.p99 < 1000


def test_an_answer_that_is_not_200_is_an_error(server: Service, generator: str):
    seen = load.measure(server.url, Call("/nowhere", None), connections=2, seconds=1)
    assert seen.errors > 10 and seen.requests == 0


def test_the_body_arrives_as_it_is(server: Service, generator: str):
    quotes = Call("/predict", {"text": "\"'\\\n€"})
    assert load.measure(server.url, quotes, connections=1, seconds=1).errors == 0


def test_a_server_that_is_not_there_is_no_measurement():
    if load.generator() != "wrk":
        pytest.skip("There is no wrk on this machine.")
    with pytest.raises(KitError, match="unable to connect"):
        load.measure(f"http://127.0.0.1:{free_port()}", CALL, connections=1, seconds=1)


def test_a_load_without_one_answer_is_no_number():
    seen = load.parse_wrk(f'Running 1s test\n{json.dumps({"requests": 0})[:-1]}, "p50": -nan}}\n')
    assert seen == {"requests": 0, "p50": 0}


def test_the_memory_of_the_workers_is_counted(server: Service):
    with Peak(server.pid) as peak:
        pass
    assert 20 < peak.mb < 500


def test_an_answer_other_than_200_ends_the_measurement(server: Service):
    with pytest.raises(KitError, match="/nowhere answered 404"):
        lives.ask(server.url, Call("/nowhere", None))
