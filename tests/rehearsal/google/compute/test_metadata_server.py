"""What the metadata server tells a machine, and what it refuses."""

import pytest

from deploykit import rehearsal
from deploykit.rehearsal.google import Cloud
from tests.rehearsal.google.compute.machine import inside

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud"), pytest.mark.needs("ssh")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("instance/name", "one"),
        ("instance/attributes/block-project-ssh-keys", "true"),
        pytest.param("project/project-id", rehearsal.google.cloud.PROJECT, id="project/project-id"),
        ("instance/service-accounts/default/email", "123456789012-compute@developer.gserviceaccount.com"),
        ("instance/network-interfaces/0/", "access-configs/\nip\nnetwork"),
    ],
)
def test_the_metadata_server_tells_a_machine_who_it_is(instance: str, path: str, expected: str) -> None:
    found = inside(f"curl -sSf -H 'Metadata-Flavor: Google' http://metadata.google.internal/computeMetadata/v1/{path}")
    assert sorted(found.split()) == sorted(expected.split())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("http://169.254.169.254/computeMetadata/v1/instance/name", "403"),
        ("-H 'Metadata-Flavor: Google' http://169.254.169.254/computeMetadata/v1/instance/nothing", "404"),
        ("-H 'Metadata-Flavor: Google' http://169.254.169.254/computeMetadata/v1/instance", "301"),
    ],
)
def test_the_metadata_server_refuses(instance: str, request_: str, status: str) -> None:
    assert inside(f"curl -s -o /dev/null -w '%{{http_code}}' {request_}") == status


def test_the_token_of_the_service_account_opens_nothing_here(instance: str, google: Cloud) -> None:
    url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
    answer = inside(f"curl -sSf -H 'Metadata-Flavor: Google' {url}")
    assert '"token_type": "Bearer"' in answer
    assert google.token not in answer
