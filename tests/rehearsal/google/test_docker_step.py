"""Where a build step may run."""

from pathlib import Path

import pytest

from deploykit.rehearsal.google import docker_step
from deploykit.rehearsal.google.build_parts import Failed, run_steps
from deploykit.rehearsal.google.docker_step import BUILDER, Job


class Log(list):
    """A build's log in memory."""

    write = list.append


@pytest.mark.parametrize(
    ("folder", "problem"),
    [
        ("..", "is outside of the workspace"),
        ("/tmp", "is outside of the workspace"),
        ("inner/../../other", "is outside of the workspace"),
        ("nowhere", "is no folder of the source"),
        ("Dockerfile", "is no folder of the source"),
    ],
)
@pytest.mark.parametrize("command", ["build", "push"])
def test_a_step_in_a_folder_that_it_cannot_have_fails_and_says_so(
    tmp_path: Path, folder: str, problem: str, command: str
) -> None:
    workspace, log = tmp_path / "workspace", Log()
    workspace.mkdir()
    (workspace / "Dockerfile").touch()
    build = {"steps": [{"name": BUILDER, "args": [command, "."], "dir": folder}]}
    with pytest.raises(Failed, match="failed: step exited with non-zero status: 1") as failed:
        run_steps(None, build, workspace, job=Job(deadline=9), out=log)
    assert f"build step dir {folder!r} {problem}" in log
    assert (failed.value.kind, build["steps"][0]["status"]) == ("USER_BUILD_STEP", "FAILURE")


def test_a_step_runs_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.setattr(docker_step, "find_program", lambda name, path: "pwd")
    monkeypatch.setattr(docker_step, "_arguments", lambda given: [])
    log: list[str] = []
    step = {"args": ["build", "."], "dir": "inner"}
    assert docker_step.run(None, step, tmp_path, job=Job(deadline=9), say=log.append) == 0
    assert log == [str((tmp_path / "inner").resolve())]
