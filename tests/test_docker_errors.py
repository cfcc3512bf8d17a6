"""A docker command that fails says what to type next: each failure here is a real one."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploykit import base_image, command_errors, containers, docker_errors
from deploykit.paths import CLONE_ID
from deploykit.service import ServiceError, free_port
from deploykit.shell import CommandError, run

pytestmark = pytest.mark.needs("docker")

NAME = f"test-docker-errors-{CLONE_ID}"
LABEL = f"LABEL test={NAME} {containers.VENDOR}"
FOREIGN_PROGRAM = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\x00\x4b\x00" + bytes(100)
"""The beginning of a program for the VAX."""


@pytest.fixture
def container() -> Iterator[str]:
    """Give a name for a container, and remove what got it."""
    yield NAME
    run(f"docker rm --force {NAME}", quiet=True)


@pytest.fixture
def port() -> Iterator[int]:
    """Give a port on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def failure(command: str, **options) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(command, quiet=True, **options)
    return caught.value


def test_a_taken_port(container: str, port: int):
    error = failure(f"docker run --detach --name {container} --publish 127.0.0.1:{port}:8080 {base_image.NAME} true")
    assert "address already in use" in error.message
    assert "service.free_port()" in error.hint


def test_a_port_of_another_container(container: str):
    port = free_port()
    publish = f"--publish 127.0.0.1:{port}:8080 {base_image.NAME} sleep 60"
    run(f"docker run --detach --name {container} {publish}", quiet=True)
    assert "service.free_port()" in failure(f"docker run --rm {publish}").hint


def test_a_name_in_use(container: str):
    create = f"docker create --name {container} {base_image.NAME} true"
    run(create, quiet=True)
    assert f"docker rm --force {container}" in failure(create).hint


def test_a_full_disk():
    full = "dd if=/dev/zero of=/small/file bs=1M count=2"
    error = failure(f"docker run --rm --tmpfs /small:size=1m {base_image.NAME} {full}")
    assert "docker system df" in error.hint


def test_an_image_that_is_not_there():
    assert "docker images" in failure("docker run --rm --pull never nobody-built-this:1").hint


def test_no_engine():
    error = failure("docker ps", env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert docker_errors.NOT_RUNNING in error.hint


@pytest.mark.skipif(
    getattr(os, "geteuid", int)() != 0 or not shutil.which("setpriv"), reason="only root can be another"
)
def test_no_permission_on_the_socket():
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    said = run([*somebody, "docker", "ps"], env={"HOME": "/nonexistent"}, check=False, quiet=True).output
    assert command_errors.advice("docker", said) == docker_errors.NO_PERMISSION


def test_a_service_that_does_not_exist(builder: dict[str, str]):
    error = failure("docker build --build-arg SERVICE=nobody .", env=builder)
    assert "It stopped at: COPY app_src/" in error.message
    assert "SERVICE must name a folder of app_src" in error.hint


def test_a_base_image_that_no_registry_has(builder: dict[str, str], tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM registry.invalid/nothing:1\n", encoding="utf-8")
    error = failure(f"docker build {tmp_path}", env=builder)
    assert "python -m deploykit engine" in error.hint


def test_the_step_at_which_a_build_failed(own_images: Path, builder: dict[str, str], tmp_path: Path):
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base_image.NAME}\n{LABEL}\nRUN python -c 'raise SystemExit(3)'\n", encoding="utf-8"
    )
    error = failure(f"docker build {tmp_path}", env=builder)
    containers.remove_images()
    assert "It stopped at: RUN python -c 'raise SystemExit(3)'" in error.message


def test_an_image_for_another_processor(own_images: Path, container: str, tmp_path: Path):
    (tmp_path / "program").write_bytes(FOREIGN_PROGRAM)
    (tmp_path / "program").chmod(0o755)
    (tmp_path / "Dockerfile").write_text(
        f'FROM scratch\n{LABEL}\nCOPY program /program\nCMD ["/program"]\n', encoding="utf-8"
    )
    run(f"docker build --tag {NAME} {tmp_path}", quiet=True)
    run(f"docker run --detach --name {container} {NAME}", quiet=True, check=False)
    with pytest.raises(ServiceError, match="exec format error") as caught:
        containers.wait_for(container, "http://127.0.0.1:9", timeout=5)
    containers.remove_images()
    assert "docker build --platform" in caught.value.hint


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("bytearray(10**9)", id="the first process is killed"),
        pytest.param("os.fork() or bytearray(10**9); time.sleep(60)", id="a worker is killed"),
    ],
)
def test_too_little_memory(container: str, program: str):
    limit = "--memory 20m --memory-swap 20m"
    code = ["python", "-c", f"import os, time; {program}"]
    run(["docker", "run", "--detach", "--name", container, *limit.split(), base_image.NAME, *code], quiet=True)
    with pytest.raises(ServiceError, match="needed more memory than its limit of 20 MB") as caught:
        containers.wait_for(container, "http://127.0.0.1:9", timeout=2)
    assert "--memory" in caught.value.hint


def test_a_container_without_a_limit_did_not_exceed_it(container: str):
    run(["docker", "run", "--detach", "--name", container, base_image.NAME, "sh", "-c", "exit 137"], quiet=True)
    with pytest.raises(ServiceError) as caught:
        containers.wait_for(container, "http://127.0.0.1:9", timeout=5)
    assert "memory" not in caught.value.message
