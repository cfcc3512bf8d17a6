"""A command that fails for want of a network, a log-in or an account says what to type: each failure here is real."""

import sys
from pathlib import Path

import pytest

from deploykit import command_errors
from deploykit.shell import CommandError, run

NOWHERE = "http://127.0.0.1:9"
DEAD_PROXY = {name: NOWHERE for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")} | {
    "NO_PROXY": "", "no_proxy": "", "UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "0",
    "PIP_RETRIES": "1", "PIP_NO_CACHE_DIR": "1",
}  # fmt: skip
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true"}


def hint(command: str, env: dict[str, str]) -> str:
    with pytest.raises(CommandError) as caught:
        run(command, env=env, quiet=True)
    return caught.value.hint


@pytest.mark.parametrize(
    "command",
    [
        "uv pip install --dry-run --system --no-deps flask==1.1.1",
        f"{sys.executable} -m pip download --no-deps --dest {{folder}} flask==1.1.1",
        "aws sts get-caller-identity --region us-east-1",
        pytest.param("gcloud services list --project=nobody", marks=pytest.mark.needs("gcloud")),
    ],
)
def test_no_network(tmp_path: Path, command: str):
    own = {"CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_AUTH_ACCESS_TOKEN": "x"}
    assert command_errors.NO_NETWORK in hint(command.format(folder=tmp_path), {**DEAD_PROXY, **KEYS, **own})


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        pytest.param("gcloud services list --project=nobody", "gcloud auth login", marks=pytest.mark.needs("gcloud")),
        ("aws sts get-caller-identity --region us-east-1", "aws configure"),
        ("aws ec2 describe-instances", "aws configure set region"),
    ],
)
def test_no_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, advice: str):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "CLOUDSDK_AUTH_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    files = {
        name: str(tmp_path / name) for name in ("CLOUDSDK_CONFIG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    }
    assert advice in hint(command, {**files, "AWS_EC2_METADATA_DISABLED": "true"})


def test_a_full_disk():
    assert command_errors.DISK_FULL in hint("cp /dev/zero /dev/full", {})


@pytest.mark.parametrize(
    ("said", "command"),
    [
        (
            "ERROR: FAILED_PRECONDITION: Billing account for project '1' is not found. Billing must be enabled",
            "billing",
        ),
        ("API [run.googleapis.com] not enabled on project [p]. reason: SERVICE_DISABLED", "gcloud services enable"),
        ("There was a problem refreshing your current auth tokens: Reauthentication failed.", "gcloud auth login"),
    ],
)
def test_what_only_a_real_account_can_show(said: str, command: str):
    assert command in command_errors.advice("gcloud", said)


@pytest.mark.parametrize("said", ["failed to get digest sha256:3b: no such file", 'unable to find image "sha256:3b"'])
def test_a_build_that_loses_a_race(said: str):
    assert "Type the command again" in command_errors.advice("docker", said)


def test_an_unknown_failure_has_no_advice():
    assert command_errors.advice("gcloud", "something else") == ""
