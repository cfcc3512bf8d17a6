"""Without a Docker engine a learner reads what to type; with one, it is used."""

import socket
from functools import cache

import docker
import pytest
from docker.errors import DockerException

from deploykit import base_image, engine
from deploykit.errors import KitError


@pytest.fixture(autouse=True)
def fresh_connection():
    engine.connection.cache_clear()
    yield
    engine.connection.cache_clear()


@pytest.fixture
def no_engine(monkeypatch):
    """Point the client at a socket on which nothing listens."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")


def test_an_engine_that_does_not_run_is_named_with_what_to_type(no_engine):
    assert engine.missing() == "Docker is installed, but its engine does not run."
    with pytest.raises(KitError) as caught:
        engine.client()
    assert caught.value.hint.startswith("Start it:")


def test_no_permission_on_the_socket_is_another_message(monkeypatch):
    def refuse(*_, **__):
        raise DockerException("Error while fetching server API version: PermissionError(13, 'Permission denied')")

    monkeypatch.setattr(docker, "DockerClient", refuse)
    with pytest.raises(KitError, match="no permission") as caught:
        engine.client()
    assert "usermod -aG docker" in caught.value.hint


def test_nothing_is_installed_when_that_is_forbidden(no_engine, monkeypatch):
    monkeypatch.setenv("DEPLOYKIT_NO_SYSTEM", "1")
    with pytest.raises(KitError, match="does not run"):
        engine.ensure()


@pytest.mark.needs("docker")
def test_a_running_engine_is_used():
    engine.ensure()
    assert engine.missing() == ""


@pytest.mark.needs("docker")
def test_the_base_image_has_the_python_that_the_kit_has():
    base_image.ensure()
    answer = engine.client().containers.run(
        base_image.NAME, ["python", "-c", "import sys; print(sys.version_info[:2])"], remove=True
    )
    assert answer.decode().strip() == "(3, 11)"


@pytest.mark.needs("docker")
def test_a_second_call_finds_the_base_image(capsys):
    base_image.ensure()
    capsys.readouterr()
    base_image.ensure()
    assert capsys.readouterr().out == ""


def test_an_engine_that_ends_later_is_noticed_at_the_next_call(monkeypatch):
    engine_socket = socket.create_server(("127.0.0.1", 0))
    port = engine_socket.getsockname()[1]
    dead = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", version="1.41", timeout=5)
    engine_socket.close()
    monkeypatch.setattr(engine, "connection", cache(lambda: dead))
    with pytest.raises(KitError, match="engine does not run"):
        engine.client()
