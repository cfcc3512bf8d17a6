"""Options and fixtures that several test files share."""

import os
from pathlib import Path

import pytest

from deploykit import artifacts, containers, ledger, shell
from deploykit.shell import run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the contract suite run against a container or a cloud deployment."""
    parser.addoption(
        "--target-url",
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help="hold this deployment to the contract instead of a local process; may be repeated",
    )


@pytest.fixture
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a ledger of its own and return its file."""
    file = tmp_path / "ledger.json"
    monkeypatch.setattr(ledger, "FILE", file)
    return file


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a folder of models of its own."""
    folder = tmp_path / "models"
    monkeypatch.setattr(artifacts, "MODELS", folder)
    return folder


@pytest.fixture
def own_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the clean-up of images know only what is built in this test, and return the folder for its logs.

    Other tests go on with the layers that the session has built.
    """
    for module in (containers, shell):
        monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(containers, "OUR_BASE", "deploykit.stand-in=test")
    return tmp_path / "logs"


@pytest.fixture(params=["classic", "BuildKit"])
def builder(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give the variables with which ``docker build`` uses the classic builder, or BuildKit."""
    if request.param == "classic":
        return {"DOCKER_BUILDKIT": "0"}
    for folder in os.environ["PATH"].split(os.pathsep):
        variables = {"DOCKER_BUILDKIT": "1", "PATH": os.pathsep.join([folder, os.environ["PATH"]])}
        # An empty Dockerfile fails anyhow; a client without BuildKit says so before it looks.
        if (Path(folder) / "docker").exists() and "buildx" not in run(
            "docker build -", env=variables, check=False, quiet=True
        ).output:
            return variables
    pytest.skip("no docker command here has BuildKit")
