"""Firewall rules, tried with packets."""

import pytest

from deploykit import gcloud
from deploykit.rehearsal.google import Cloud
from deploykit.shell import run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.compute.machine import ZONE, eventually, inside, is_open

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud"), pytest.mark.needs("ssh")]


def test_a_new_project_has_a_network_that_lets_everybody_log_in(compute: Cloud) -> None:
    assert "default" in text("gcloud compute networks list --format=value(name)").split()
    sources = text("gcloud compute firewall-rules describe default-allow-ssh --format=value(sourceRanges)")
    assert sources == "0.0.0.0/0"


def test_a_rule_opens_its_port_for_its_source_and_its_tag(instance: str, network: str) -> None:
    inside("sudo systemd-run --quiet --collect python3 -m http.server 8080")
    rule = "gcloud compute firewall-rules"
    assert not is_open(8080)
    run(f"{rule} create lesson-8080 --network={network} --allow=tcp:8080 --source-ranges=198.18.0.1/32", quiet=True)
    assert not is_open(8080)
    run(f"{rule} update lesson-8080 --source-ranges={gcloud.my_address('rehearsal')}/32", quiet=True)
    eventually(lambda: is_open(8080))
    run(f"{rule} update lesson-8080 --target-tags=other", quiet=True)
    assert not is_open(8080)
    run(f"gcloud compute instances add-tags one {ZONE} --tags=other", quiet=True)
    assert is_open(8080)
    run(f"gcloud compute instances remove-tags one {ZONE} --tags=other", quiet=True)
    assert not is_open(8080)
    run(f"{rule} update lesson-8080 --target-tags=open", quiet=True)
    deny = f"--network={network} --action=DENY --rules=tcp:8080 --source-ranges=0.0.0.0/0 --priority=1"
    run(f"{rule} create lesson-deny {deny}", quiet=True)
    assert not is_open(8080)
    run(f"{rule} delete lesson-deny --quiet", quiet=True)
    assert is_open(8080)
    run(f"{rule} update lesson-8080 --disabled", quiet=True)
    assert not is_open(8080)
    run(f"{rule} delete lesson-8080 --quiet", quiet=True)


def test_machines_of_other_networks_do_not_hear_of_a_rule(instance: str) -> None:
    options = "--network=default --allow=tcp:8081 --source-ranges=0.0.0.0/0"
    run(f"gcloud compute firewall-rules create elsewhere {options}", quiet=True)
    assert not is_open(8081)
    run("gcloud compute firewall-rules delete elsewhere --quiet", quiet=True)
