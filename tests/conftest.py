"""Options and fixtures that several test files share."""

from pathlib import Path

import pytest

from deploykit import artifacts, ledger


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
