"""The lesson's whole deployment with the vendor's own commands: from a pushed image to a page, and back to nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import tenacity

from deploykit import aws, rehearsal
from deploykit.shell import run
from tests.rehearsal.conftest import PAGE, leftovers, text

pytestmark = pytest.mark.needs("docker")

USER_DATA = """#!/bin/bash
set -e
apt-get update
apt-get install --yes --no-install-recommends docker.io
cat > /etc/systemd/system/app.service <<UNIT
[Unit]
Requires=docker.service
After=docker.service
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/bin/docker run --rm --publish 80:8080 {image}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --now app
echo the user data has ended
"""
DEBIAN = "--owners 136693071363 --filters Name=name,Values=debian-12-amd64-* --query Images[0].ImageId --output text"
RULE = "security-group-ingress --group-name lesson --protocol tcp --port {port} --cidr {source}/32"


@pytest.fixture
def key(aws_environment: rehearsal.aws.Cloud, tmp_path: Path) -> Iterator[Path]:
    """Create a key pair and return the file of its private half."""
    file = tmp_path / "lesson.pem"
    material = text("aws ec2 create-key-pair --key-name lesson --query KeyMaterial --output text")
    file.write_text(material + "\n", encoding="utf-8")
    file.chmod(0o600)
    yield file
    run("aws ec2 delete-key-pair --key-name lesson", quiet=True)


@pytest.fixture
def group(aws_environment: rehearsal.aws.Cloud) -> Iterator[str]:
    """Create a security group that lets this computer alone in, to ports 22 and 80."""
    run("aws ec2 create-security-group --group-name lesson --description lesson", quiet=True)
    for port in (22, 80):
        run("aws ec2 authorize-" + RULE.format(port=port, source=aws.my_address("rehearsal")), quiet=True)
    yield "lesson"
    run("aws ec2 delete-security-group --group-name lesson", quiet=True)


@pytest.fixture
def image(aws_environment: rehearsal.aws.Cloud, tiny_image: str) -> Iterator[str]:
    """Push an image to a repository of ECR and return its name there."""
    uri = text("aws ecr create-repository --repository-name lesson --query repository.repositoryUri --output text")
    password = text("aws ecr get-login-password")
    run(f"docker login --username AWS --password-stdin {aws_environment.registry}", stdin=password, quiet=True)
    run(f"docker tag {tiny_image} {uri}:1", quiet=True)
    run(f"docker push {uri}:1", quiet=True)
    yield f"{uri}:1"
    run("aws ecr delete-repository --repository-name lesson --force", quiet=True)


def test_an_instance_serves_the_learners_image_to_the_learner_alone(
    key: Path, group: str, image: str, tmp_path: Path
) -> None:
    script = tmp_path / "user-data.sh"
    script.write_text(USER_DATA.format(image=image), encoding="utf-8")
    ami = text(f"aws ec2 describe-images {DEBIAN}")
    instance = text(
        f"aws ec2 run-instances --image-id {ami} --instance-type t3.micro --key-name lesson --security-groups {group} "
        f"--user-data file://{script} --query Instances[0].InstanceId --output text"
    )
    try:
        before = time.perf_counter()
        run(f"aws ec2 wait instance-running --instance-ids {instance}", quiet=True)
        assert time.perf_counter() - before < 10  # the command asks again only after 15 s
        address = text(
            f"aws ec2 describe-instances --instance-ids {instance} --output text "
            "--query Reservations[0].Instances[0].PublicIpAddress"
        )
        _log_in_to_the_registry(key, address, image)
        assert _page(f"http://{address}/") == PAGE
        _assert_silent(f"http://{address}:8080/")
        run("aws ec2 revoke-" + RULE.format(port=80, source=aws.my_address("rehearsal")), quiet=True)
        _assert_silent(f"http://{address}/")
        console = text(f"aws ec2 get-console-output --instance-id {instance} --output text")
        assert "the user data has ended" in console
    finally:
        run(f"aws ec2 terminate-instances --instance-ids {instance}", quiet=True)
    assert not leftovers()["volumes"]


def _log_in_to_the_registry(key: Path, address: str, image: str) -> None:
    ssh = f"ssh -i {key} -o StrictHostKeyChecking=no -o UserKnownHostsFile={key.parent}/known_hosts admin@{address}"
    _retry(run, f"{ssh} true", quiet=True)
    run(f"{ssh} cloud-init status --wait", quiet=True)
    login = f"{ssh} sudo docker login --username AWS --password-stdin {image.split('/')[0]}"
    run(login, stdin=text("aws ecr get-login-password"), quiet=True)


def _page(url: str) -> bytes:
    return _retry(requests.get, url, timeout=2).content


def _assert_silent(url: str) -> None:
    with pytest.raises(requests.ConnectTimeout):
        requests.get(url, timeout=1)


_retry = tenacity.Retrying(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.3), reraise=True)
