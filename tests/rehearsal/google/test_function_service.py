"""How a function is served, and what a redeployment changes of it."""

import json
from pathlib import Path

import pytest

from deploykit.rehearsal.google import api, function_service, functions, run_checks, services
from deploykit.rehearsal.google.api import Call
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.knative import Key

PLACE = "projects/p/locations/europe-west1"
NAME = f"{PLACE}/functions/f"
BUILD = {"runtime": "python311", "entryPoint": "hello", "source": {"storageSource": {"bucket": "b", "object": "o"}}}


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Return a cloud in which a function is written down, but neither built nor served."""
    services.load()
    monkeypatch.setattr(functions, "deploy", lambda context, name, progress: context.store.get(functions.KIND, name))
    context = Context(tmp_path, "p", "1", token="t", loop=None)
    context.store.put("api", "cloudfunctions.googleapis.com", {})
    return context


def send(context: Context, verb: str, path: str, body: dict, **query: str) -> None:
    raw, headers = json.dumps(body).encode(), {"authorization": "Bearer t"}
    call = Call(context, "cloudfunctions", verb, f"/v2/{path}", query=query, headers=headers, raw=raw)
    api.dispatch(call)


def create(context: Context, **config: object) -> dict:
    body = {"buildConfig": BUILD, "serviceConfig": config, "labels": {"team": "a", "stage": "test"}}
    send(context, "POST", f"{PLACE}/functions", body, functionId="f")
    return context.store.get(functions.KIND, NAME)


def redeploy(context: Context, body: dict, mask: str = "") -> dict:
    """Change the function as gcloud asks for it, and return it."""
    send(context, "PATCH", NAME, body, **({"updateMask": mask} if mask else {}))
    return context.store.get(functions.KIND, NAME)


@pytest.mark.parametrize("mask", ["service_config.available_memory", ""])
@pytest.mark.parametrize(
    ("memory", "cpus"), [("1Gi", "0.5833"), ("4Gi", "2"), ("16Gi", "4"), ("32Gi", "8"), ("128Mi", "0.0833")]
)
def test_the_processors_follow_the_memory(context: Context, mask: str, memory: str, cpus: str) -> None:
    assert create(context, availableMemory="256M")["serviceConfig"]["availableCpu"] == "0.1666"
    function = redeploy(context, {"serviceConfig": {"availableMemory": memory}}, mask)
    assert function["serviceConfig"]["availableCpu"] == cpus
    run_checks.check_service(function_service.describe(context, Key("europe-west1", "f"), function, "image"))


def test_processors_that_were_asked_for_stay_until_the_memory_changes(context: Context) -> None:
    create(context, availableMemory="512Mi", availableCpu="1")
    kept = redeploy(context, {"serviceConfig": {"timeoutSeconds": 9}}, "service_config.timeout_seconds")
    assert kept["serviceConfig"]["availableCpu"] == "1"
    both = "service_config.available_cpu,service_config.available_memory"
    asked = redeploy(context, {"serviceConfig": {"availableMemory": "1Gi", "availableCpu": "2"}}, both)
    assert asked["serviceConfig"]["availableCpu"] == "2"
    changed = redeploy(context, {"serviceConfig": {"availableMemory": "512Mi"}}, "service_config.available_memory")
    assert changed["serviceConfig"]["availableCpu"] == "0.3333"


def test_what_the_mask_names_and_the_request_leaves_out_is_removed(context: Context) -> None:
    create(context, minInstanceCount=1, maxInstanceCount=3, environmentVariables={"A": "1"})
    mask = "labels,service_config.max_instance_count,service_config.min_instance_count"
    function = redeploy(context, {"labels": {"team": "a"}, "serviceConfig": {"environmentVariables": {"A": "2"}}}, mask)
    config = function["serviceConfig"]
    assert function["labels"] == {"team": "a"}
    assert ("minInstanceCount" in config, config["maxInstanceCount"]) == (False, 100)
    assert config["environmentVariables"] == {"A": "1"}  # the mask does not name them


def test_without_a_mask_the_fields_of_the_request_change(context: Context) -> None:
    create(context, maxInstanceCount=3, timeoutSeconds=7)
    function = redeploy(context, {"labels": {"team": "b"}, "serviceConfig": {"maxInstanceCount": 4}})
    assert function["labels"] == {"team": "b"}
    assert (function["serviceConfig"]["maxInstanceCount"], function["serviceConfig"]["timeoutSeconds"]) == (4, 7)
    assert function["buildConfig"] == BUILD


@pytest.mark.parametrize("mask", ["name", "state,name", "update_time"])
def test_what_google_fills_in_cannot_be_changed(context: Context, mask: str) -> None:
    before = create(context)
    after = redeploy(context, {}, mask)
    assert {**after, "updateTime": ""} == {**before, "updateTime": ""}


def test_several_requests_at_a_time_need_a_whole_processor(context: Context) -> None:
    function = create(context, availableMemory="512Mi", maxInstanceRequestConcurrency=5)
    service = function_service.describe(context, Key("europe-west1", "f"), function, "image")
    with pytest.raises(ApiError, match="Total cpu < 1 is not supported with concurrency > 1"):
        run_checks.check_service(service)
