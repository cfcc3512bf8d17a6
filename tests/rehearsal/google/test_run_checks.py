"""What Cloud Run refuses of a service and of its traffic, also where gcloud itself would not send it."""

import pytest

from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.run_checks import check_service, check_traffic

KNOWN = {"app-one", "app-two"}
ALL = {"revisionName": "app-one", "percent": 100}


def traffic(*targets: dict) -> dict:
    return {"spec": {"traffic": list(targets)}}


@pytest.mark.parametrize(
    "targets",
    [
        [],
        [{"latestRevision": True, "percent": 100}],
        [{"revisionName": "app-one", "percent": 75}, {"revisionName": "app-two", "percent": 25}],
        [ALL, {"revisionName": "app-two", "tag": "canary"}, {"revisionName": "app-two", "tag": "blue"}],
        [{**ALL, "tag": "a-1"}],
    ],
)
def test_traffic_that_makes_sense_is_taken(targets: list[dict]) -> None:
    check_traffic(traffic(*targets), KNOWN)


@pytest.mark.parametrize(
    ("targets", "wording"),
    [
        ([{**ALL, "percent": 99}], "spec.traffic: Traffic percentages must sum to 100."),
        ([ALL, {"revisionName": "app-two", "percent": 1}], "must sum to 100."),
        ([{"revisionName": "app-two", "tag": "canary"}], "must sum to 100."),
        ([ALL, {"revisionName": "app-three", "percent": 0}], "Revision 'app-three' not found."),
        ([ALL, {"revisionName": "app-three", "tag": "canary"}], "Revision 'app-three' not found."),
        ([{**ALL, "tag": "Blue"}], "Invalid traffic tag 'Blue'."),
        ([{**ALL, "tag": "1st"}], "Invalid traffic tag '1st'."),
        ([{**ALL, "tag": "x"}, {"revisionName": "app-two", "tag": "x"}], "The traffic tag 'x' must be unique"),
    ],
)
def test_traffic_that_makes_no_sense_is_refused(targets: list[dict], wording: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_traffic(traffic(*targets), KNOWN)
    assert refused.value.status == "INVALID_ARGUMENT"
    assert wording in refused.value.message


def service(cpu: str, **spec: int) -> dict:
    container = {"image": "europe-west1-docker.pkg.dev/p/lessons/x", "resources": {"limits": {"cpu": cpu}}}
    return {"metadata": {"name": "app"}, "spec": {"template": {"spec": {"containers": [container], **spec}}}}


@pytest.mark.parametrize(
    ("cpu", "spec"),
    [
        ("1", {}),
        ("1000m", {"containerConcurrency": 80}),
        ("2", {"containerConcurrency": 1000}),
        ("0.5", {"containerConcurrency": 1}),
        ("80m", {"containerConcurrency": 1}),
    ],
)
def test_processors_that_bear_the_concurrency_are_taken(cpu: str, spec: dict) -> None:
    check_service(service(cpu, **spec))


@pytest.mark.parametrize("cpu", ["0.5", "500m", "0.99"])
@pytest.mark.parametrize("spec", [{}, {"containerConcurrency": 0}, {"containerConcurrency": 2}])
def test_a_part_of_a_processor_bears_one_request_at_a_time(cpu: str, spec: dict) -> None:
    with pytest.raises(ApiError) as refused:
        check_service(service(cpu, **spec))
    assert refused.value.message == (
        "spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. "
        "Total cpu < 1 is not supported with concurrency > 1."
    )
