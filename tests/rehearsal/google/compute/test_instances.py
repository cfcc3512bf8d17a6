"""Instances: their size, their power, their lists, and a server that was killed."""

import time

import psutil
import pytest

from deploykit import gcloud, rehearsal
from deploykit.rehearsal import machines
from deploykit.shell import run
from tests.rehearsal.conftest import leftovers, text
from tests.rehearsal.google.compute.machine import ZONE, address, console, eventually, field, inside, is_open

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud"), pytest.mark.needs("ssh")]


def test_a_machine_has_the_size_that_its_type_says(instance: str) -> None:
    assert field("status") == "RUNNING"
    found = next(found for found in leftovers()["containers"] if found.name.endswith("us-central1-a-one"))
    assert found.attrs["HostConfig"]["Memory"] == 1024 * 2**20
    assert field("machineType").endswith("/zones/us-central1-a/machineTypes/e2-micro")


def test_the_lists_show_it(instance: str) -> None:
    assert text("gcloud compute instances list --format=value(name,status)").split() == ["one", "RUNNING"]
    assert text("gcloud compute instances list --zones=us-central1-a --format=value(name)") == "one"
    assert text("gcloud compute instances list --filter=name=two --format=value(name)") == ""


def test_the_startup_script_runs_as_root_at_every_boot(instance: str) -> None:
    eventually(lambda: "startup-script: the startup script of one runs as root, the 0th time" in console())
    assert "google_metadata_script_runner" in console()
    run(f"gcloud compute instances stop one {ZONE}", quiet=True)
    assert (field("status"), address()) == ("TERMINATED", "")
    run(f"gcloud compute instances start one {ZONE}", quiet=True)
    eventually(lambda: "runs as root, the 1th time" in console())
    run(f"gcloud compute instances reset one {ZONE}", quiet=True)
    eventually(lambda: "runs as root, the 2th time" in console())
    assert console().count("startup-script exit status 0") >= 2


def test_the_console_can_be_read_from_a_place_on(instance: str) -> None:
    serial = f"gcloud compute instances get-serial-port-output one {ZONE}"
    whole = run(f"{serial} --format=value(next)", quiet=True).text
    assert run(f"{serial} --start={whole}", quiet=True).stdout.strip() == ""


def test_a_machine_that_powers_itself_off_is_terminated(instance: str) -> None:
    inside("sudo systemd-run --quiet sh -c 'sleep 1; systemctl poweroff'")
    eventually(lambda: field("status") == "TERMINATED")
    run(f"gcloud compute instances start one {ZONE}", quiet=True)
    eventually(lambda: is_open(22))


def test_a_protected_instance_cannot_be_deleted(instance: str) -> None:
    run(f"gcloud compute instances update one {ZONE} --deletion-protection", quiet=True)
    refused = run(f"gcloud compute instances delete one {ZONE} --quiet", check=False, quiet=True)
    run(f"gcloud compute instances update one {ZONE} --no-deletion-protection", quiet=True)
    assert "protected against deletion" in refused.output
    assert field("status") == "RUNNING"


def test_several_instances_can_be_created_and_deleted_at_once(network: str) -> None:
    created = run(f"gcloud compute instances create four five {ZONE} --network={network}", quiet=True)
    assert {"four", "five"} <= set(created.stdout.split())
    run(f"gcloud compute instances delete four five {ZONE} --quiet", quiet=True)
    assert not {"four", "five"} & set(text("gcloud compute instances list --format=value(name)").split())


def test_a_creation_that_the_quota_forbids_leaves_nothing(network: str) -> None:
    gcloud.inject("quota", method="compute.instances.insert")
    refused = run(f"gcloud compute instances create three {ZONE} --network={network}", check=False, quiet=True)
    assert "Quota exceeded" in refused.output
    assert machines.is_running("us-central1-a-three") is None


def test_a_restarted_server_knows_machines_and_rules(instance: str) -> None:
    psutil.Process(gcloud.running().process.pid).kill()
    time.sleep(0.5)
    rehearsal.start_google()
    gcloud.connect("rehearsal")
    assert text("gcloud compute instances list --format=value(name,status)").split() == ["one", "RUNNING"]
    assert "lesson-ssh" in text("gcloud compute firewall-rules list --format=value(name)").split()
    assert inside("hostname") == "one"
