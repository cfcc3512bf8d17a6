"""Turning the gcloud command to a target."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploykit import gcloud, rehearsal
from deploykit.errors import KitError
from deploykit.rehearsal.google import pool
from deploykit.rehearsal.google.faults import FAULTS
from deploykit.shell import run

pytestmark = pytest.mark.needs("gcloud")


@pytest.fixture
def troubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this process the gcloud settings of somebody with another account and project, and a company's proxy."""
    own = tmp_path / "own"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(own))
    monkeypatch.setenv("CLOUDSDK_CORE_PROJECT", "company-project")
    monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", str(tmp_path / "stale"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("CLOUDSDK_ACTIVE_CONFIG_NAME", raising=False)
    return own


@pytest.fixture
def connected(troubled: Path) -> Iterator[str]:
    """Connect to the rehearsal cloud, and disconnect."""
    yield gcloud.connect("rehearsal")
    gcloud.disconnect()
    rehearsal.stop()


@pytest.mark.needs("docker")
def test_the_rehearsal_answers_whatever_the_learner_has_configured(connected: str, troubled: Path) -> None:
    assert run("gcloud config get-value project", quiet=True).text == connected
    assert run("gcloud projects describe " + connected + " --format=value(projectNumber)", quiet=True).text
    assert run("gcloud auth list --format=value(account)", quiet=True).text == gcloud.running().account
    assert not troubled.exists()


@pytest.mark.needs("docker")
def test_secrets_stand_in_files_that_nobody_else_may_read(connected: str) -> None:
    secret = gcloud.running().password
    holders = [
        file for file in gcloud.FOLDER.rglob("*") if file.is_file() and secret in file.read_text(errors="replace")
    ]
    assert holders
    assert all(file.stat().st_mode & 0o077 == 0 for file in holders)
    assert secret not in json.dumps(dict(os.environ))


@pytest.mark.needs("docker")
def test_going_to_the_cloud_gives_the_learners_own_settings_back(connected: str, troubled: Path) -> None:
    with pytest.raises(KitError, match="Nobody is logged in"):
        gcloud.connect("cloud")
    assert os.environ["CLOUDSDK_CONFIG"] == str(troubled)
    assert os.environ["CLOUDSDK_CORE_PROJECT"] == "company-project"
    assert "CLOUDSDK_ACTIVE_CONFIG_NAME" not in os.environ


def test_without_gcloud_the_error_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KitError, match="sdk.cloud.google.com"):
        gcloud.connect("rehearsal")


ANSWERS = {"auth": "me@example.com", "config": "my-project", "billing": "True", "services": "run.googleapis.com"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"auth": ""}, "gcloud auth login"),
        ({"config": "(unset)"}, "gcloud config set project"),
        ({"config": ""}, "gcloud config set project"),
        ({"billing": "False"}, "gcloud billing projects link my-project"),
        ({"billing": "exit"}, "does not say whether my-project is billed"),
    ],
)
def test_what_a_real_account_lacks_is_said_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], message: str
) -> None:
    pretend_gcloud(tmp_path, monkeypatch, {**ANSWERS, **changed})
    with pytest.raises(KitError, match=message):
        gcloud.connect("cloud")


def test_apis_that_are_not_enabled_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend_gcloud(tmp_path, monkeypatch, ANSWERS)
    assert gcloud.connect("cloud", apis=("run.googleapis.com", "cloudbuild.googleapis.com")) == "my-project"
    assert "gcloud services enable cloudbuild.googleapis.com\n" in capsys.readouterr().out
    assert os.environ["CLOUDSDK_CORE_PROJECT"] == "my-project"
    gcloud.disconnect()


def pretend_gcloud(folder: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> None:
    """Put a gcloud first on the path that answers as one with a real account would; none can be had in a test."""
    cases = "\n".join(f"{name}) {text if text == 'exit' else f'echo {text!r}'} ;;" for name, text in answers.items())
    program = folder / "gcloud"
    program.write_text(f'#!/bin/sh\ncase "$1" in\n{cases.replace("exit", "echo refused; exit 1")}\nesac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CLOUDSDK_CORE_PROJECT", raising=False)


@pytest.mark.needs("docker")
def test_a_fault_strikes_as_often_as_was_asked(connected: str) -> None:
    gcloud.inject("quota", method="cloudresourcemanager.projects.get", times=2)
    command = f"gcloud projects describe {connected}"
    outcomes = [run(command, check=False, quiet=True) for _ in range(3)]
    assert [outcome.returncode for outcome in outcomes] == [1, 1, 0]
    assert "Quota exceeded" in outcomes[0].output


@pytest.mark.needs("docker")
def test_only_known_faults_can_be_asked_for(connected: str) -> None:
    assert "quota" in FAULTS
    with pytest.raises(ValueError, match="no fault called 'fire'"):
        gcloud.inject("fire", method="run.namespaces.services.get")


def test_a_log_is_read_until_it_shows_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    log = tmp_path / "log"
    code = f"log = open({str(log)!r}, 'a+'); print('line', file=log, flush=True); log.seek(0); print(log.read())"
    gcloud.wait_for_log([sys.executable, "-c", code], lambda shown: shown.count("line") == 3)
    assert log.read_text() == "line\n" * 3


def test_a_log_that_never_shows_it_is_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcloud, "LOG_SECONDS", 0)
    with pytest.raises(KitError, match="Run the cell again"):
        gcloud.wait_for_log("true", lambda shown: False)


def test_an_idle_instance_has_gone_after_the_wait() -> None:
    assert gcloud.idle_seconds("rehearsal") > pool.IDLE_SECONDS + 1
    assert gcloud.idle_seconds("cloud") > 15 * 60
