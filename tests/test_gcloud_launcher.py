"""The launcher that gives gcloud a home directory of its own."""

import os
import sys
from pathlib import Path

import pytest

from deploykit.gcloud_launcher import path_with_launcher
from deploykit.shell import run


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a gcloud on the path that tells its home directory and its arguments."""
    folder = tmp_path / "with a space"
    folder.mkdir()
    program = folder / "gcloud"
    program.write_text('#!/bin/sh\nprintf "%s|" "$HOME" "$@"\nexit 7\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return program


def test_it_hands_on_the_arguments_and_the_exit_status(real: Path, tmp_path: Path) -> None:
    path = path_with_launcher(tmp_path / "private")
    told = run(["gcloud", "a b", "$HOME"], env={"PATH": path}, check=False, quiet=True)
    assert (told.stdout, told.returncode) == (f"{tmp_path}/private/home|a b|$HOME|", 7)


def test_asked_again_it_still_finds_the_real_one(real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = path_with_launcher(tmp_path / "private")
    monkeypatch.setenv("PATH", first)
    assert path_with_launcher(tmp_path / "private") == first
    assert f"exec '{real}'" in (tmp_path / "private" / "bin" / "gcloud").read_text(encoding="utf-8")


def test_it_comes_before_the_one_of_an_active_environment(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(real.with_name("python")))  # conda's gcloud lies beside its python
    path = path_with_launcher(tmp_path / "private")
    told = run(["gcloud"], env={"PATH": path}, check=False, quiet=True)
    assert told.stdout == f"{tmp_path}/private/home|"


def test_nobody_else_may_read_the_home_directory(real: Path, tmp_path: Path) -> None:
    path_with_launcher(tmp_path / "private")
    assert (tmp_path / "private" / "home").stat().st_mode & 0o077 == 0
