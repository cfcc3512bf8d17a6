"""Fixtures of Compute Engine's tests: one network and one machine for all of them."""

from collections.abc import Iterator

import pytest

from deploykit import gcloud
from deploykit.rehearsal.google import Cloud
from deploykit.shell import run
from tests.rehearsal.conftest import leftovers
from tests.rehearsal.google.compute.machine import ZONE, inside
from tests.rehearsal.google.conftest import connected

STARTUP = """#!/bin/bash
echo "the startup script of $(hostname) runs as $(whoami), the $(cat /boots | wc -l)th time" | tee --append /boots
"""


@pytest.fixture(scope="package")
def google(ended_after: None) -> Iterator[Cloud]:
    """Turn gcloud to one cloud for all modules: the machine is the same for all of them."""
    yield from connected()


@pytest.fixture(scope="package")
def compute(google: Cloud) -> Cloud:
    """Enable the API."""
    run("gcloud services enable compute.googleapis.com", quiet=True)
    return google


@pytest.fixture(scope="package")
def network(compute: Cloud) -> Iterator[str]:
    """Create a network with a rule for the tag "open" that lets this computer log in."""
    run("gcloud compute networks create lesson --subnet-mode=auto", quiet=True)
    source = f"--source-ranges={gcloud.my_address('rehearsal')}/32"
    options = f"--network=lesson --allow=tcp:22 --target-tags=open {source}"
    run(f"gcloud compute firewall-rules create lesson-ssh {options}", quiet=True)
    yield "lesson"
    run("gcloud compute firewall-rules delete lesson-ssh --quiet", quiet=True)
    run("gcloud compute networks delete lesson --quiet", quiet=True)


@pytest.fixture(scope="package")
def instance(network: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Create an instance with a startup script."""
    script = tmp_path_factory.mktemp("compute") / "startup.sh"
    script.write_text(STARTUP, encoding="utf-8")
    metadata = f"--metadata=block-project-ssh-keys=true --metadata-from-file=startup-script={script}"
    size = f"{ZONE} --machine-type=e2-micro --network={network} --tags=open"
    run(f"gcloud compute instances create one {size} --image-family=debian-12 --image-project=debian-cloud {metadata}")
    inside("true")  # the first time, gcloud tells how it makes a key
    yield "one"
    run(f"gcloud compute instances delete one {ZONE} --quiet", quiet=True)
    assert not [found for kind in ("containers", "volumes") for found in leftovers()[kind] if "-one" in found.name]
