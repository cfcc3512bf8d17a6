"""The image registry and its log-in."""

import pytest
import requests

from deploykit import aws, rehearsal
from deploykit.rehearsal import registry
from deploykit.shell import run
from tests.rehearsal.conftest import text

pytestmark = pytest.mark.needs("docker")


def test_the_password_is_the_one_that_the_aws_command_hands_out(aws_environment: rehearsal.aws.Cloud) -> None:
    password = text("aws ecr get-login-password")
    assert password == registry.PASSWORD
    url = f"http://{aws_environment.registry}/v2/"
    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, auth=("AWS", password), timeout=5).status_code == 200


def test_log_in_stays_out_of_the_learners_own_docker_settings(aws_environment: rehearsal.aws.Cloud) -> None:
    login = f"docker login --username AWS --password-stdin {aws_environment.registry}"
    assert run(login, stdin="wrong", quiet=True, check=False).returncode != 0
    run(login, stdin=registry.PASSWORD, quiet=True)
    settings = aws.FOLDER / "docker" / "config.json"
    assert aws_environment.registry in settings.read_text(encoding="utf-8")
