"""Turning the aws command to a target."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploykit import aws, rehearsal
from deploykit.errors import KitError
from deploykit.shell import run


@pytest.fixture
def troubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the AWS settings of somebody with another account, a stale session and a company's proxy."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "stale")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


@pytest.fixture
def connected(troubled: None) -> Iterator[None]:
    """Connect to the rehearsal cloud, and disconnect."""
    aws.connect("rehearsal")
    yield
    aws.disconnect()
    rehearsal.stop()


@pytest.mark.needs("docker")
def test_the_rehearsal_answers_whatever_the_learner_has_configured(connected: None) -> None:
    assert run("aws sts get-caller-identity --query Account --output text", quiet=True).text == "123456789012"
    assert run("aws configure get region", quiet=True, check=False).text == ""
    assert run("aws ec2 describe-regions --query Regions[0].OptInStatus --output text", quiet=True).text
    assert run("docker version --format {{.Server.Version}}", quiet=True).text
    assert aws.my_address("rehearsal") == rehearsal.aws.running().my_address


@pytest.mark.needs("docker")
def test_going_to_the_cloud_gives_the_learners_own_settings_back(
    connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KitError, match="company"):
        aws.connect("cloud")
    assert os.environ["AWS_PROFILE"] == "company"
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert "DOCKER_CONFIG" not in os.environ


def test_without_a_login_the_cloud_says_what_to_type(troubled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with pytest.raises(KitError, match="aws configure"):
        aws.connect("cloud")


def test_the_variables_of_a_cloud_that_does_not_run_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal.aws, "running", lambda: None)
    assert aws.environment("cloud") == {}
    with pytest.raises(KitError, match="does not run"):
        aws.environment("rehearsal")


def test_the_commands_have_the_key_that_the_server_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = rehearsal.aws.Cloud(url="http://127.0.0.1:5000", key="ab12", registry="r", my_address="a", subnet="s")
    monkeypatch.setattr(rehearsal.aws, "running", lambda: cloud)
    monkeypatch.setattr(aws, "FOLDER", tmp_path)
    assert aws.environment("rehearsal")["AWS_ACCESS_KEY_ID"] == "ab12"


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KitError, match="'ssh' is not installed"):
        aws.connect("rehearsal")


def test_an_address_service_that_does_not_answer_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploykit.my_address.SERVICE", "http://127.0.0.1:9")
    with pytest.raises(KitError, match="does not answer"):
        aws.my_address("cloud")
