"""Who may speak to the AWS half: the aws command with its key, and no web page."""

import stat
import sys
from pathlib import Path

import pytest
import requests
from werkzeug.test import Client
from werkzeug.wrappers import Response

from deploykit import local_http, rehearsal
from deploykit.rehearsal.aws import cloud as cloud_module
from deploykit.rehearsal.aws.cloud import Cloud
from deploykit.rehearsal.aws.server import Guard
from deploykit.shell import run

HOST, ID = "127.0.0.1:5000", "ab12"
EVIL = "http://evil.example"


def signed(key: str, host: str = HOST) -> dict[str, str]:
    """Return the headers of a request of the aws command."""
    scope = f"{key}/20260101/us-east-1/ec2/aws4_request"
    return {"Host": host, "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"}


@pytest.fixture
def guarded() -> Client:
    """Return a client of a guarded application, which answers 200."""
    return Client(Guard(Response("answer"), HOST, ID))


def test_the_aws_command_is_let_in(guarded: Client) -> None:
    answer = guarded.post("/", headers=signed(ID))
    assert (answer.status_code, answer.text) == (200, "answer")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HOST},
        {"Host": HOST, "Authorization": ID},
        signed("guessed"),
        signed(""),
        signed("é"),
        signed(ID, "localhost:5000"),
        signed(ID, "rebound.example:5000"),
        {**signed(ID), "Origin": EVIL},
        {**signed(ID), "Origin": "null"},
    ],
)
def test_everybody_else_is_refused(guarded: Client, headers: dict[str, str]) -> None:
    answer = guarded.post("/moto-api/reset", headers=headers)
    assert answer.status_code == 403
    assert "AuthFailure" in answer.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    file = tmp_path / "aws" / "server.json"
    file.parent.mkdir(mode=0o755)
    written = Cloud(url=f"http://{HOST}", key=ID, registry="r", my_address="a", subnet="s")
    written.write(file)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    assert Cloud.read(file) == written


@pytest.mark.needs("docker")
def test_the_server_answers_the_key_alone_and_lets_no_page_read_it(cloud: rehearsal.aws.Cloud) -> None:
    host, state = cloud.url.removeprefix("http://"), f"{cloud.url}/moto-api/data.json"
    assert local_http.get(state, timeout=5).status_code == 403
    assert local_http.get(state, headers={**signed(cloud.key, host), "Origin": EVIL}, timeout=5).status_code == 403
    answer = local_http.get(state, headers=signed(cloud.key, host), timeout=5)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
    assert requests.post(f"{cloud.url}/moto-api/reset", timeout=5).status_code == 403
    assert stat.S_IMODE(cloud_module.FILE.stat().st_mode) == 0o600


@pytest.mark.needs("docker")
def test_the_aws_command_with_another_key_is_refused_in_aws_words(
    aws_environment: rehearsal.aws.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "guessed")
    refused = run("aws ec2 describe-regions", quiet=True, check=False)
    assert refused.returncode != 0
    assert "(AuthFailure)" in refused.output
