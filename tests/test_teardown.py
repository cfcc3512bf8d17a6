"""A process that is killed between creating and deleting leaves nothing once teardown has run."""

import signal
import subprocess
import sys

import psutil
import pytest
from docker.errors import NotFound

from deploykit import base_image, engine, gcloud, ledger, rehearsal
from deploykit.paths import ROOT
from deploykit.rehearsal.labels import FILTER
from deploykit.service import is_free
from deploykit.teardown import teardown

CREATE_AND_DIE = f"""
import os, signal, subprocess, sys
from deploykit import aws, ledger
from deploykit.shell import run

ledger.add("container", "container", undo="docker rm --force deploykit-test-teardown")
run("docker run --detach --name deploykit-test-teardown {base_image.NAME} sleep 600", quiet=True)
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
service = subprocess.Popen(sleep, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ledger.add_process("service", service.pid)
aws.connect("rehearsal")
ledger.add("key", "key pair", where="rehearsal", undo="aws ec2 delete-key-pair --key-name test")
run("aws ec2 create-key-pair --key-name test", quiet=True)
print(service.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

CLOUD_RUN = """
run("gcloud services enable run.googleapis.com artifactregistry.googleapis.com", quiet=True)
run("gcloud artifacts repositories create dying --repository-format=docker --location=europe-west1", quiet=True)
image = tiny.build(f"europe-west1-docker.pkg.dev/{project}/dying/tiny:1")
ledger.add("service", "Cloud Run service", where="rehearsal", undo="gcloud run services delete dying --quiet")
command = f"gcloud run deploy dying --image={image} --region=europe-west1"
"""

COMPUTE_ENGINE = """
machine_image.ensure()
run("gcloud services enable compute.googleapis.com", quiet=True)
zone = "--zone=us-central1-a"
ledger.add("machine", "instance", where="rehearsal", undo=f"gcloud compute instances delete dying {zone} --quiet")
command = f"gcloud compute instances create dying {zone} --image-family=debian-12 --image-project=debian-cloud"
"""

DEPLOY_AND_DIE = """
import os, signal, subprocess, time
from deploykit import engine, gcloud, ledger
from deploykit.rehearsal import machine_image
from deploykit.rehearsal.labels import FILTER
from deploykit.shell import run
from tests.rehearsal.google import tiny

project = gcloud.connect("rehearsal")
%s
containers = lambda: len(engine.client().containers.list(all=True, filters=FILTER))
before = containers()
deploying = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while deploying.poll() is None and containers() <= before:
    time.sleep(0.02)
print(deploying.pid, deploying.poll() is None, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.needs("docker")
def test_teardown_after_sigkill_leaves_nothing(own_images):
    base_image.ensure()
    killed = subprocess.run([sys.executable, "-c", CREATE_AND_DIE], cwd=ROOT, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    service, cloud = int(killed.stdout.split()[-1]), rehearsal.aws.running()
    assert psutil.pid_exists(service)

    assert teardown() == []

    assert not psutil.pid_exists(service) or psutil.Process(service).status() == psutil.STATUS_ZOMBIE
    assert rehearsal.aws.running() is None
    assert not psutil.pid_exists(cloud.process.pid)
    assert [entry.name for entry in ledger.entries() if entry.name != engine.LEDGER_NAME] == []
    assert engine.client().containers.list(all=True, filters=FILTER) == []
    with pytest.raises(NotFound):
        engine.client().containers.get("deploykit-test-teardown")


@pytest.mark.needs("docker")
@pytest.mark.needs("gcloud")
@pytest.mark.parametrize(
    ("prepare", "listening"),
    [pytest.param(CLOUD_RUN, 3, id="Cloud Run"), pytest.param(COMPUTE_ENGINE, 2, id="Compute Engine")],
)
def test_teardown_after_sigkill_in_the_middle_of_a_deployment_leaves_nothing(own_images, prepare, listening):
    command = [sys.executable, "-c", DEPLOY_AND_DIE % prepare]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    gcloud_pid, was_deploying = killed.stdout.split()[-2:]
    assert was_deploying == "True"
    cloud = gcloud.running()
    public = psutil.Process(cloud.process.pid).net_connections()
    ports = {connection.laddr.port for connection in public if connection.status == "LISTEN"}
    assert len(ports) >= listening

    assert teardown() == []

    docker = engine.client()
    assert docker.containers.list(all=True, filters=FILTER) == []
    assert docker.volumes.list(filters=FILTER) == docker.networks.list(filters=FILTER) == []
    assert [tag for image in docker.images.list() for tag in image.tags if cloud.project in tag] == []
    assert not rehearsal.google.FOLDER.exists()
    assert [port for port in ports if not is_free(port)] == []
    assert ledger.entries(where="rehearsal") == []
    if psutil.pid_exists(int(gcloud_pid)):
        psutil.Process(int(gcloud_pid)).kill()


def test_teardown_is_safe_to_repeat(own_images):
    assert teardown() == []
    assert teardown() == []


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("own_ledger", "own_images")
def test_teardown_keeps_what_it_cannot_remove_while_docker_is_down(monkeypatch):
    rehearsal.start_aws()
    ledger.add("key", "key pair", where="rehearsal")
    with monkeypatch.context() as down:
        down.setattr(engine, "current_host", lambda: "unix:///nowhere.sock")
        engine.connection.cache_clear()
        [failure] = teardown()
    engine.connection.cache_clear()
    assert failure.startswith("the rehearsal cloud: Docker is installed, but its engine does not run.")
    assert [entry.name for entry in ledger.entries()] == ["key"]
    assert engine.client().containers.list(all=True, filters=FILTER)

    assert teardown() == []
    assert engine.client().containers.list(all=True, filters=FILTER) == []
    assert ledger.entries() == []
