"""The development container starts what the kit has, in the words of the devcontainer specification."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from deploykit.cli import app
from deploykit.paths import ROOT

FOLDER = ROOT / ".devcontainer"
SETTINGS = json.loads((FOLDER / "devcontainer.json").read_text(encoding="utf-8"))
SCRIPT = FOLDER / "on_create.sh"
KNOWN = {
    "name", "image", "hostRequirements", "remoteUser", "privileged", "mounts", "forwardPorts", "portsAttributes",
    "onCreateCommand", "postStartCommand", "customizations",
}  # fmt: skip
"""Properties of the specification, which tools would otherwise leave unread without a word."""


def test_its_commands_are_the_kits():
    called = re.findall(r"-m deploykit (\w+)", SETTINGS["postStartCommand"])
    assert called == ["engine", "doctor"]
    assert set(called) <= set(get_command(app).commands)


def test_its_python_is_the_one_that_the_lock_is_for():
    assert SETTINGS["image"].startswith("python:3.11")


def test_its_properties_are_those_of_the_specification():
    assert set(SETTINGS) <= KNOWN


def test_docker_runs_inside_and_keeps_its_images_when_the_container_is_made_anew():
    assert SETTINGS["privileged"] is True
    [mount] = SETTINGS["mounts"]
    assert (mount["type"], mount["target"]) == ("volume", "/var/lib/docker")
    assert "${devcontainerId}" in mount["source"]


def create(folder: Path, fails: str = "nothing") -> tuple[list[str], Path]:
    """Run the script as far as it changes no system, its folders moved; return what it installed, and Google's list.

    Args:
        fails: a call of ``apt-get`` or ``curl`` whose words match this fails.
    """
    calls, programs = folder / "calls", folder / "bin"
    programs.mkdir()
    for name in ("apt-get", "curl"):
        (programs / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >> {calls}\ncase "$*" in *{fails}*) exit 100;; esac\n'
        )
        (programs / name).chmod(0o755)
    moved = re.sub(r"=(/usr/share/keyrings|/etc/apt/sources.list.d)/", f"={folder}/", SCRIPT.read_text())
    variables = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", moved], env=variables, check=True, stdout=subprocess.DEVNULL)
    installed = re.findall(r"^apt-get install .*--no-install-recommends (.*)$", calls.read_text(), re.MULTILINE)
    return " ".join(installed).split(), folder / "google-cloud-cli.list"


@pytest.mark.parametrize("package", ["chromium", "openssh-client", "google-cloud-cli"])
def test_what_the_doctor_would_miss_is_installed_when_it_is_made(tmp_path, package):
    assert SETTINGS["onCreateCommand"] == f"sh {SCRIPT.relative_to(ROOT)}"
    installed, archive = create(tmp_path)
    assert package in installed
    assert archive.read_text().startswith(f"deb [signed-by={tmp_path}/google-cloud.asc] https://")


@pytest.mark.parametrize("fails", ["apt-key.gpg", "google-cloud-cli"])
def test_it_is_made_without_gcloud_where_that_cannot_be_had(tmp_path, fails):
    installed, archive = create(tmp_path, fails)
    assert "openssh-client" in installed
    assert not archive.exists()
