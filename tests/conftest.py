"""Fixtures that several test files share."""

from pathlib import Path

import pytest

from deploykit import artifacts, ledger


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
