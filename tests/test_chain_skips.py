"""A lesson whose program this machine lacks is skipped, with what to type to get it, and never counts as passed."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit import catalog, chain, needs, remedies
from deploykit.outcome import State


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a call that hides a program: everything else on the PATH, and beside Python, stays where it is found."""

    def hide(program: str) -> None:
        programs = tmp_path / "bin"
        programs.mkdir()
        for folder in [str(Path(sys.executable).parent), *os.environ["PATH"].split(os.pathsep)]:
            for file in Path(folder).glob("*"):
                if file.name != program and not (programs / file.name).is_symlink():
                    (programs / file.name).symlink_to(file)
        monkeypatch.setenv("PATH", str(programs))
        monkeypatch.setattr(sys, "executable", str(programs / "python"))

    return hide


@pytest.mark.needs("docker")
@pytest.mark.needs("browser")
@pytest.mark.needs("ssh")
@pytest.mark.parametrize(("program", "lessons"), [("gcloud", 4), ("aws", 1)])
def test_lessons_of_a_missing_cloud_program_are_skipped(without, program, lessons, tmp_path, monkeypatch, capsys):
    deploying = [notebook for notebook in catalog.select(stage="04") if program in notebook.needs]
    monkeypatch.setattr(chain, "teardown", lambda: [])
    without(program)

    finished = chain.Chain(deploying, chain.new_folder(tmp_path / "runs"))
    assert finished.run() == 0

    states = [outcome.state for outcome in finished.outcomes.values()]
    assert states == [State.SKIPPED] * lessons
    reason = f"The program '{program}' is not installed. Type: {remedies.here(needs.PROGRAMS[program])}"
    assert {outcome.reason for outcome in finished.outcomes.values()} == {reason}
    said = capsys.readouterr().out
    assert f"{lessons} skipped" in said and "passed" not in said
    report = (finished.folder / "report.html").read_text(encoding="utf-8")
    assert report.count(f"The program &#39;{program}&#39; is not installed.") == lessons
