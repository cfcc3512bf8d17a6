"""The doctor names what is missing or too old and what to type, and finds nothing wrong where all is there."""

import http.server
import importlib.metadata
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploykit import account, base_image, doctor, doctor_report, engine, remedies
from deploykit.cli import app
from deploykit.doctor import State
from deploykit.rehearsal import network


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    engine.connection.cache_clear()
    yield
    engine.connection.cache_clear()


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let nothing be found but the kit's own programs, and what a test puts into the folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    """Put a program on the path that prints a text, whatever it is asked."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{text}'\n", encoding="utf-8")
    file.chmod(0o755)


def finding(what: str, target: str = "rehearsal") -> doctor.Finding:
    return next(found for found in doctor.examine(target) if found.what == what)


@pytest.mark.parametrize("what", ["Python", "packages as in the lock", "aws", "nginx"])
def test_this_environment_is_fine(what: str):
    assert finding(what).fine


def test_a_package_of_another_version_is_named(monkeypatch):
    installed = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "flask" else installed(name))
    found = finding("packages as in the lock")
    assert (found.state, found.detail) == (State.MISSING, "1 differ, such as flask")


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 4), State.OLD), ((3, 11, 2), State.OK), ((3, 13, 0), State.MISSING)]
)
def test_another_python_than_the_locks_is_reported(monkeypatch, version: tuple[int, ...], state: State):
    monkeypatch.setattr(doctor.sys, "version_info", version)
    assert finding("Python").state is state


@pytest.mark.needs("docker")
def test_a_running_engine_and_its_base_image_are_found():
    base_image.ensure()
    assert finding("Docker engine").fine and finding("base image").fine


def test_a_missing_engine_comes_with_advice(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    found = {one.what: one for one in doctor.examine()}
    assert found["Docker engine"].detail == "Docker is installed, but its engine does not run."
    assert found["base image"].detail == "it waits for the Docker engine"
    assert remedies.here("start docker") in found["Docker engine"].advice
    assert found["ports"].fine


class OldEngine(http.server.BaseHTTPRequestHandler):
    """Answer as Docker 19.03, without images, of 2019."""

    answers = {"version": {"ApiVersion": "1.40"}, "info": {"ServerVersion": "19.03.15", "MemTotal": 8 * 10**9}}

    def do_GET(self) -> None:
        last = self.path.rstrip("/").split("/")[-1]
        body = json.dumps(self.answers.get(last, {"message": "no such image"})).encode()
        self.send_response(200 if last in (*self.answers, "_ping") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def old_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldEngine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()
        thread.join()


@pytest.mark.needs("docker")
def test_an_old_engine_without_the_base_image(old_engine: None):
    found = {one.what: one for one in doctor.examine()}
    assert found["Docker engine"].state is State.OLD
    assert found["Docker engine"].detail == "19.03.15; the lessons need 20.10 or newer"
    assert (found["base image"].state, found["base image"].advice) == (
        State.MISSING,
        "python3 -m deploykit engine",
    )


@pytest.mark.parametrize(
    ("what", "remedy"),
    [("Docker engine", "install docker"), ("gcloud", "gcloud"), ("ssh", "ssh"), ("browser", "browser")],
)
def test_a_missing_program_comes_with_advice(empty_path: Path, what: str, remedy: str):
    found = finding(what)
    assert (found.state, found.advice) == (State.MISSING, remedies.here(remedy))


@pytest.mark.parametrize(
    ("name", "says", "wanted"),
    [
        ("gcloud", '{"Google Cloud SDK": "470.0.0"}', "515.0"),
        ("ssh", "OpenSSH_7.4p1, OpenSSL 1.0.2k-fips", "7.6"),
    ],
)
def test_an_old_program_is_told_from_a_missing_one(empty_path: Path, name: str, says: str, wanted: str):
    program(empty_path, name, says)
    found = finding(name)
    assert (found.state, found.detail.split("; ")[1]) == (State.OLD, f"the lessons need {wanted} or newer")


def test_a_new_enough_program_is_fine(empty_path: Path):
    program(empty_path, "gcloud", '{"Google Cloud SDK": "515.0.0"}')
    assert finding("gcloud").fine


def test_a_program_that_does_not_answer_is_not_taken_for_one_that_works(empty_path: Path):
    program(empty_path, "gcloud", "Segmentation fault")
    assert finding("gcloud").state is State.MISSING


def test_a_full_disk_is_reported(monkeypatch):
    monkeypatch.setattr(doctor, "DISK_GB", 10**9)
    assert not finding("disk space").fine


@pytest.mark.needs("docker")
def test_a_taken_port_matters_where_machines_have_no_address_of_their_own(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(network, "PUBLISHED_PORTS", [port])
        assert finding("ports").fine == network.has_routes()
        monkeypatch.setattr(network, "has_routes", lambda: False)
        assert (finding("ports").state, finding("ports").detail) == (State.TAKEN, f"something listens on {port}")
    assert finding("ports").detail == f"{port} are free"


def test_the_report_names_what_to_type_and_is_false_when_something_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "DISK_GB", 10**9)
    assert doctor_report.show() is False
    assert f"disk space → {remedies.here('disk')}\n" in capsys.readouterr().out


def test_every_remedy_can_be_read_for_every_system():
    told = CliRunner().invoke(app, ["doctor", "--everywhere"]).output
    assert all(command in told for remedy in remedies.REMEDIES.values() for command in remedy)
    assert told.count("macOS:") == len(remedies.REMEDIES)


@pytest.mark.parametrize(
    ("platform", "release", "system"),
    [
        ("linux", "6.1.0-18-amd64", "Debian, Ubuntu"),
        ("darwin", "23.4.0", "macOS"),
        ("linux", "5.15.153.1-microsoft-standard-WSL2", "Windows, inside WSL"),
        ("win32", "11", "Windows, inside WSL"),
    ],
)
def test_the_remedy_is_the_one_for_this_system(monkeypatch, platform: str, release: str, system: str):
    monkeypatch.setattr(remedies.sys, "platform", platform)
    monkeypatch.setattr(remedies.platform, "release", lambda: release)
    assert remedies.SYSTEMS[remedies.this_system()] == system


@pytest.mark.needs("gcloud")
def test_for_the_cloud_the_accounts_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("CLOUDSDK_CONFIG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    accounts = {one.what: one.advice for one in doctor.examine("cloud")[len(doctor.MACHINE) :]}
    assert accounts == {
        "Google account": "gcloud auth login",
        **dict.fromkeys(
            ("Google project", "Google billing", "Google APIs"),
            "gcloud projects list, then: gcloud config set project PROJECT_ID",
        ),
        "AWS account": "aws configure",
    }


def test_apis_that_are_not_enabled_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(account, "google_project", lambda: "my-project")
    monkeypatch.setattr(account, "disabled_apis", lambda project, apis: ["run.googleapis.com"])
    found = finding("Google APIs", "cloud")
    assert (found.detail, found.advice) == ("not enabled: run", "gcloud services enable run.googleapis.com")
