"""What Cloud Run's handlers look at before they write anything, without gcloud and without containers."""

import json
from pathlib import Path

import pytest

from deploykit.rehearsal.google import api, rollout, services, serving
from deploykit.rehearsal.google.api import Call
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.rollout import REVISION, SERVICE

REGION = "europe-west1"
EVERYBODY = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}}
SERVICES = "/apis/serving.knative.dev/v1/namespaces/p/services"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Note which services are opened to whom, and which are rolled out; no port and no container comes of it."""
    found: list[tuple[str, bool]] = []
    monkeypatch.setattr(serving, "allow", lambda context, service, everybody: found.append((service, everybody)))
    monkeypatch.setattr(rollout, "begin", lambda context, key, method: None)
    return found


@pytest.fixture
def context(tmp_path: Path, opened: list) -> Context:
    services.load()
    context = Context(tmp_path, "p", "1", token="t", loop=None)
    context.store.put("api", "run.googleapis.com", {})
    return context


def send(context: Context, verb: str, path: str, body: dict | None = None, *, region: str = "", **query: str) -> dict:
    raw = json.dumps(body).encode() if body else b""
    headers = {"authorization": "Bearer t"}
    return api.dispatch(Call(context, "run", verb, path, region=region, query=query, headers=headers, raw=raw))


def service(**container: object) -> dict:
    spec = {"containers": [{"image": "europe-west1-docker.pkg.dev/p/lessons/tiny:1", **container}]}
    return {"metadata": {"name": "tiny"}, "spec": {"template": {"spec": spec}}}


def create(context: Context, **query: str) -> dict:
    return send(context, "POST", SERVICES, service(), region=REGION, **query)


def replace(context: Context, body: dict, **query: str) -> dict:
    return send(context, "PUT", f"{SERVICES}/tiny", body, region=REGION, **query)


def stored(context: Context) -> tuple[dict, dict]:
    return context.store.list(SERVICE), context.store.list(REVISION)


@pytest.mark.parametrize("region", ["", REGION])
def test_the_policy_of_a_service_can_be_set_and_read(context: Context, opened: list, region: str) -> None:
    create(context)
    path = f"/v1/projects/p/locations/{REGION}/services/tiny"
    assert "bindings" not in send(context, "GET", f"{path}:getIamPolicy", region=region)
    send(context, "POST", f"{path}:setIamPolicy", EVERYBODY, region=region)
    assert opened == [(f"run/{REGION}/tiny", True)]
    numbered = path.replace("/p/", "/1/")
    assert send(context, "GET", f"{numbered}:getIamPolicy")["bindings"] == EVERYBODY["policy"]["bindings"]


@pytest.mark.parametrize(("verb", "body"), [("GET", None), ("POST", EVERYBODY)])
@pytest.mark.parametrize(
    ("resource", "status", "wording"),
    [
        (f"p/locations/{REGION}/services/tinny", "NOT_FOUND", "'tinny' of kind 'SERVICE' in region 'europe-west1'"),
        ("p/locations/us-east1/services/tiny", "NOT_FOUND", "'tiny' of kind 'SERVICE' in region 'us-east1'"),
        ("p/locations/mars-east1/services/tiny", "PERMISSION_DENIED", "Location mars-east1 is not found"),
        (f"q/locations/{REGION}/services/tiny", "PERMISSION_DENIED", "has one project"),
    ],
)
def test_a_policy_needs_its_service(
    context: Context, opened: list, verb: str, body: dict | None, resource: str, status: str, wording: str
) -> None:
    create(context)
    method = "getIamPolicy" if verb == "GET" else "setIamPolicy"
    with pytest.raises(ApiError) as refused:
        send(context, verb, f"/v1/projects/{resource}:{method}", body)
    assert refused.value.status == status
    assert wording in refused.value.message
    assert (opened, context.store.list("policy")) == ([], {})


def test_a_policy_needs_the_api(context: Context) -> None:
    create(context)
    context.store.delete("api", "run.googleapis.com")
    with pytest.raises(ApiError, match="API has not been used in project"):
        send(context, "GET", f"/v1/projects/p/locations/{REGION}/services/tiny:getIamPolicy")


def test_a_dry_run_answers_and_writes_nothing(context: Context) -> None:
    assert create(context, dryRun="all")["metadata"]["name"] == "tiny"
    assert stored(context) == ({}, {})


def test_a_dry_run_of_a_change_leaves_the_service_as_it_was(context: Context) -> None:
    create(context)
    before = stored(context)
    changed = service(env=[{"name": "A", "value": "1"}])
    assert replace(context, changed, dryRun="all")["spec"]["template"] == changed["spec"]["template"]
    assert stored(context) == before
    replace(context, changed)
    services_now, revisions = stored(context)
    assert [len(before[1]), len(revisions)] == [1, 2]
    newest = services_now[f"{REGION}/tiny"]["status"]["latestCreatedRevisionName"]
    assert f"{REGION}/tiny/{newest}" in revisions.keys() - before[1].keys()


def test_a_dry_run_refuses_what_would_be_refused(context: Context) -> None:
    create(context)
    with pytest.raises(ApiError, match="Invalid value specified for cpu"):
        replace(context, service(resources={"limits": {"cpu": "3"}}), dryRun="all")
    changed = service(env=[{"name": "A", "value": "1"}])
    changed["spec"]["template"]["metadata"] = {"name": "tiny-one"}
    replace(context, changed)
    changed["spec"]["template"]["spec"]["containers"][0]["env"] = []
    with pytest.raises(ApiError, match="'tiny-one' with different configuration already exists"):
        replace(context, changed, dryRun="all")
