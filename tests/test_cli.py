"""The commands of the README exist, say what they do, and end what they started."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from deploykit.paths import ROOT
from deploykit.service import free_port

KIT = [sys.executable, "-m", "deploykit"]


def test_every_target_of_the_makefile_is_a_command():
    listed = subprocess.run([*KIT, "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = [
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if "-m deploykit" in line and ";" in line
    ]
    assert targets
    assert [target for target in targets if f" {target} " not in listed] == []


def test_an_expected_failure_is_a_message_and_no_traceback():
    answer = subprocess.run([*KIT, "run", "--stage", "99"], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "There is no stage called '99'" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_jupyterlab_ends_with_the_command_that_opened_it(number):
    port = free_port()
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    opened = subprocess.Popen([*KIT, "lab", *options], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (servers := psutil.Process(opened.pid).children()):
        assert opened.poll() is None
        time.sleep(0.1)
    os.kill(opened.pid, number)
    opened.wait(30)
    assert not servers[0].is_running()
