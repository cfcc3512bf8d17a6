"""A process that is killed between creating and deleting leaves nothing once teardown has run."""

import signal
import subprocess
import sys

import psutil
import pytest
from docker.errors import NotFound

from deploykit import base_image, engine, ledger, rehearsal
from deploykit.paths import ROOT
from deploykit.rehearsal.labels import FILTER
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


@pytest.mark.needs("docker")
def test_teardown_after_sigkill_leaves_nothing():
    base_image.ensure()
    killed = subprocess.run([sys.executable, "-c", CREATE_AND_DIE], cwd=ROOT, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    service, cloud = int(killed.stdout), rehearsal.running()
    assert psutil.pid_exists(service)

    assert teardown() == []

    assert not psutil.pid_exists(service) or psutil.Process(service).status() == psutil.STATUS_ZOMBIE
    assert rehearsal.running() is None
    assert not psutil.pid_exists(cloud.process.pid)
    assert [entry.name for entry in ledger.entries() if entry.name != engine.LEDGER_NAME] == []
    assert engine.client().containers.list(all=True, filters=FILTER) == []
    with pytest.raises(NotFound):
        engine.client().containers.get("deploykit-test-teardown")


def test_teardown_is_safe_to_repeat():
    assert teardown() == []
    assert teardown() == []
