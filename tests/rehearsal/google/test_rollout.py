"""Rollouts that are overtaken, go wrong in themselves, or lose their service: each is told as what it was."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit.errors import KitError
from deploykit.rehearsal.google import api, instances, rollout, services, serving, start_errors
from deploykit.rehearsal.google.api import Call
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.rollout import REVISION, SERVICE
from deploykit.rehearsal.google.serving import Revision

REGION, KEY = "europe-west1", "europe-west1/tiny"
SERVICES = "/apis/serving.knative.dev/v1/namespaces/p/services"


class Platform:
    """Stands in for what runs containers.

    Attributes:
        shares: where the requests go.
        deleted: how often the service was deleted.
        deploy: called with the revision's name when one is to be started.
    """

    def __init__(self) -> None:
        self.shares: dict[str, int] = {}
        self.deleted = 0
        self.deploy: Callable[[str], object] = lambda name: None

    def set_traffic(self, context: Context, service: str, shares: dict[str, int]) -> None:
        self.shares = dict(shares)

    def delete(self, context: Context, service: str) -> None:
        self.deleted += 1


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    found = Platform()
    monkeypatch.setattr(serving, "deploy", lambda context, service, revision: found.deploy(revision.name))
    monkeypatch.setattr(serving, "set_traffic", found.set_traffic)
    monkeypatch.setattr(serving, "delete", found.delete)
    monkeypatch.setattr(serving, "set_tags", lambda context, service, tagged: {})
    monkeypatch.setattr(serving, "url", lambda context, service: "http://127.0.0.1:1")
    monkeypatch.setattr(instances, "find", lambda service: {})
    return found


@pytest.fixture
def context(tmp_path: Path, platform: Platform) -> Context:
    services.load()
    context = Context(tmp_path, "p", "1", token="t", loop=None)
    context.store.put("api", "run.googleapis.com", {})
    return context


def send(context: Context, verb: str, path: str, body: bytes = b"") -> dict:
    headers = {"authorization": "Bearer t"}
    return api.dispatch(Call(context, "run", verb, SERVICES + path, region=REGION, headers=headers, raw=body))


def body(revision: str, traffic: str = "[]") -> bytes:
    """Return a service whose revision has a name."""
    image = "europe-west1-docker.pkg.dev/p/lessons/tiny:1"
    template = f'{{"metadata": {{"name": "{revision}"}}, "spec": {{"containers": [{{"image": "{image}"}}]}}}}'
    spec = f'{{"template": {template}, "traffic": {traffic}}}'
    return f'{{"metadata": {{"name": "tiny"}}, "spec": {spec}}}'.encode()


def ready(context: Context) -> dict:
    """Return what gcloud is told of the service."""
    return send(context, "GET", "/tiny")["status"]["conditions"][0]


def ended() -> None:
    """Wait until no rollout goes on."""
    deadline = time.monotonic() + 5
    while rollout._running and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not rollout._running


def failed(name: str) -> Exception:
    return start_errors.not_listening(Revision(name, "tiny:1"))


def test_the_second_of_two_rollouts_goes_on_when_the_first_has_ended(context: Context, platform: Platform) -> None:
    turns = {"tiny-one": threading.Event(), "tiny-two": threading.Event()}
    platform.deploy = lambda name: turns[name].wait(5)
    send(context, "POST", "", body("tiny-one"))
    send(context, "PUT", "/tiny", body("tiny-two"))
    turns["tiny-one"].set()
    while len(rollout._running) > 1:
        time.sleep(0.005)
    assert ready(context)["status"] == "Unknown"
    assert platform.shares == {}  # the first one was overtaken
    turns["tiny-two"].set()
    ended()
    assert (ready(context)["status"], platform.shares) == ("True", {"tiny-two": 100})


def test_a_failure_that_comes_late_is_not_the_newer_rollouts(context: Context, platform: Platform) -> None:
    begun, turn = threading.Event(), threading.Event()

    def deploy(name: str) -> None:
        if name == "tiny-one":
            begun.set()
            turn.wait(5)
            raise failed(name)

    platform.deploy = deploy
    send(context, "POST", "", body("tiny-one"))
    assert begun.wait(5)
    send(context, "PUT", "/tiny", body("tiny-two"))
    while len(rollout._running) > 1:
        time.sleep(0.005)
    turn.set()
    ended()
    assert (ready(context)["status"], platform.shares) == ("True", {"tiny-two": 100})
    one = context.store.get(REVISION, f"{KEY}/tiny-one")["status"]["conditions"][0]
    assert (one["status"], "failed to start" in one["message"]) == ("False", True)


def test_a_revision_that_an_overtaken_rollout_started_is_used(context: Context, platform: Platform) -> None:
    def overtake(name: str) -> None:
        with context.store.change(SERVICE, KEY) as service:
            service["metadata"]["resourceVersion"] = "newer"

    platform.deploy = overtake
    send(context, "POST", "", body("tiny-one"))
    ended()
    assert platform.shares == {}
    send(context, "PUT", "/tiny", body("tiny-one"))
    ended()
    assert (ready(context)["status"], platform.shares) == ("True", {"tiny-one": 100})


@pytest.mark.parametrize("error", [KeyError("a mistake"), KitError("The engine does not run.")])
def test_an_error_of_the_rehearsals_own_is_told_as_one(context: Context, platform: Platform, error: Exception) -> None:
    def deploy(name: str) -> None:
        raise error

    platform.deploy = deploy
    send(context, "POST", "", body("tiny-one"))
    ended()
    told = ready(context)
    assert (told["status"], told["reason"]) == ("False", "InternalError")
    assert repr(error) in told["message"]


def test_traffic_for_a_service_without_a_ready_revision_is_refused(context: Context, platform: Platform) -> None:
    def deploy(name: str) -> None:
        raise failed(name)

    platform.deploy = deploy
    send(context, "POST", "", body("tiny-one"))
    ended()
    send(context, "PUT", "/tiny", body("tiny-one", '[{"latestRevision": true, "percent": 100}]'))
    ended()
    told = ready(context)
    assert (told["status"], platform.shares) == ("False", {})
    assert told["message"] == "Revision 'tiny-one' is not ready and cannot serve traffic."


def test_what_a_rollout_started_after_its_service_was_deleted_is_removed(context: Context, platform: Platform) -> None:
    begun, turn = threading.Event(), threading.Event()
    platform.deploy = lambda name: (begun.set(), turn.wait(5))
    send(context, "POST", "", body("tiny-one"))
    assert begun.wait(5)
    send(context, "DELETE", "/tiny")
    before = platform.deleted
    turn.set()
    ended()
    assert platform.deleted == before + 1
    assert (context.store.list(SERVICE), context.store.list(REVISION)) == ({}, {})


def test_a_service_that_cannot_be_removed_is_still_known(
    context: Context, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(context: Context, service: str) -> None:
        raise KitError("The engine does not run.")

    send(context, "POST", "", body("tiny-one"))
    ended()
    with monkeypatch.context() as patched:
        patched.setattr(serving, "delete", refuse)
        with pytest.raises(KitError):
            send(context, "DELETE", "/tiny")
    assert ready(context)["status"] == "True"
    send(context, "DELETE", "/tiny")
    assert context.store.list(SERVICE) == {}


def test_a_rollout_that_a_former_server_began_was_interrupted(context: Context, platform: Platform) -> None:
    turn = threading.Event()
    platform.deploy = lambda name: turn.wait(5)
    send(context, "POST", "", body("tiny-one"))
    rollout._running.remove(KEY)  # as a new server begins
    assert ready(context)["message"] == rollout.INTERRUPTED
    rollout._running.append(KEY)
    turn.set()
    ended()
