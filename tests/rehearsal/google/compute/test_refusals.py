"""What Google refuses is refused, in its words; what there is can be listed."""

import pytest

from deploykit.rehearsal.google import Cloud
from deploykit.shell import run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.compute.machine import ZONE

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud"), pytest.mark.needs("ssh")]


@pytest.mark.parametrize("command", ["instances list", "firewall-rules list", "networks create other"])
def test_an_api_that_is_not_enabled_is_refused(compute: Cloud, command: str) -> None:
    run("gcloud services disable compute.googleapis.com --force", quiet=True)
    refused = run(f"gcloud compute {command}", check=False, quiet=True)
    run("gcloud services enable compute.googleapis.com", quiet=True)
    assert refused.returncode == 1
    assert "compute.googleapis.com API has not been used in project" in refused.output


CREATE = "instances create two"
REFUSED = [
    (f"instances create one {ZONE}", "zones/us-central1-a/instances/one' already exists"),
    (f"{CREATE} --zone=us-central1-q", "Invalid value for field 'zone': 'us-central1-q'. Unknown zone."),
    (f"{CREATE} {ZONE} --machine-type=e9-huge", "machineTypes/e9-huge'. The referenced resource does not exist."),
    (f"{CREATE} {ZONE} --network=nowhere", "networks/nowhere'. The referenced network resource cannot be found."),
    (
        f"{CREATE} {ZONE} --image-family=debian-1 --image-project=debian-cloud",
        "debian-1'. The referenced image resource cannot be found.",
    ),
    (f"instances create Two_2 {ZONE}", "Invalid value for field 'resource.name': 'Two_2'. Must be a match of regex"),
    (f"instances describe two {ZONE}", "zones/us-central1-a/instances/two' was not found"),
    (f"instances delete two {ZONE} --quiet", "zones/us-central1-a/instances/two' was not found"),
    (f"{CREATE} {ZONE} --image-family=x --image-project=ubuntu-os-cloud", "is not rehearsed on this computer"),
    ("firewall-rules create lesson-ssh --allow=tcp:22", "global/firewalls/lesson-ssh' already exists"),
    (
        "firewall-rules create x --allow=tcp:80 --source-ranges=300.1.1.1/32",
        "Invalid value for field 'resource.sourceRanges[0]': '300.1.1.1/32'. Must be a valid CIDR address range.",
    ),
    ("firewall-rules create x --allow=tcp:99999", "Invalid value for field 'resource.allowed[0].ports[0]': '99999'."),
    ("firewall-rules create x --allow=http", "Invalid value for field 'resource.allowed[0].IPProtocol': 'http'."),
    ("firewall-rules create x --allow=icmp:8", "Ports may only be specified on rules whose protocol is one of"),
    ("firewall-rules create X_1 --allow=tcp:80", "Invalid value for field 'resource.name': 'X_1'."),
    ("firewall-rules describe x", "global/firewalls/x' was not found"),
    ("firewall-rules create x --direction=EGRESS --allow=tcp:80", "EGRESS is not rehearsed"),
    ("networks delete lesson --quiet", "is already being used by"),
    ("networks create lesson", "global/networks/lesson' already exists"),
    ("zones describe us-central1-q", "zones/us-central1-q' was not found"),
    (f"machine-types describe e9-huge {ZONE}", "machineTypes/e9-huge' was not found"),
    ("images describe-from-family debian-1 --project=debian-cloud", "images/family/debian-1' was not found"),
]


@pytest.mark.parametrize(("command", "message"), REFUSED, ids=[command for command, _ in REFUSED])
def test_what_google_refuses_is_refused_in_its_words(instance: str, command: str, message: str) -> None:
    refused = run(f"gcloud compute {command}", check=False, quiet=True)
    assert refused.returncode == 1
    assert message in refused.output


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("zones list --filter=region:us-central1 --format=value(name)", "us-central1-a"),
        ("regions list --format=value(name)", "us-central1"),
        ("machine-types list --zones=us-central1-a --format=value(name)", "e2-small"),
        (f"machine-types describe e2-small {ZONE} --format=value(memoryMb)", "2048"),
        ("zones describe us-central1-a --format=value(status)", "UP"),
        ("images list --filter=family:debian-12 --format=value(family)", "debian-12"),
        ("images describe-from-family debian-12 --project=debian-cloud --format=value(family)", "debian-12"),
    ],
)
def test_what_there_is_can_be_listed(compute: Cloud, command: str, expected: str) -> None:
    assert expected in text(f"gcloud compute {command}").split()
