"""The environment is made from the lock, once, and found again."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploykit import bootstrap
from deploykit.paths import ROOT


def test_it_imports_nothing_but_the_standard_library():
    for name in ("__init__.py", "bootstrap.py"):
        tree = ast.parse((ROOT / "deploykit" / name).read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported <= sys.stdlib_module_names


def test_an_older_python_can_read_it():
    ast.parse((ROOT / "deploykit" / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_uv_is_installed_with_the_locks_version_and_hashes():
    pins = bootstrap._pins_of("uv").splitlines()
    assert pins[0].startswith("uv==")
    assert len(pins) > 5 and all("--hash=sha256:" in line for line in pins[1:])


def test_a_package_that_is_not_pinned_is_no_traceback():
    with pytest.raises(SystemExit, match="does not pin no-such-package"):
        bootstrap._pins_of("no-such-package")


def test_this_environment_is_up_to_date_and_a_changed_lock_makes_it_stale(tmp_path, monkeypatch):
    assert bootstrap._stamp(Path(sys.prefix)) == bootstrap._wanted()
    changed = tmp_path / "requirements.lock"
    changed.write_bytes(bootstrap.LOCK.read_bytes() + b"\n")
    monkeypatch.setattr(bootstrap, "LOCK", changed)
    assert bootstrap._stamp(Path(sys.prefix)) != bootstrap._wanted()


def test_a_failing_step_says_which_and_what_to_do(monkeypatch):
    with pytest.raises(SystemExit, match="Setting up the environment failed at") as caught:
        bootstrap._call([sys.executable, "-c", "raise SystemExit(1)"])
    assert "→" in str(caught.value)


def test_any_python_continues_inside_the_environment(tmp_path):
    """A plain interpreter, from another folder, ends up in the environment that has the kit's packages."""
    plain = Path(sys.base_prefix) / "bin" / "python3"
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [plain, "-m", "deploykit", "--help"]
    answer = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    assert "teardown" in answer.stdout


def test_an_interrupted_set_up_is_no_traceback_and_goes_on_the_next_time(tmp_path):
    """A copy of the kit without an environment is interrupted, as with Ctrl-C, while it makes one."""
    for name in ("deploykit", "pyproject.toml", "requirements.lock"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\necho begun\nexec sleep 60\n", encoding="utf-8")
    uv.chmod(0o755)
    variables = {"PATH": f"{uv.parent}:{os.environ['PATH']}"}
    plain = Path(sys.base_prefix) / "bin" / "python3"
    setting_up = subprocess.Popen(
        [plain, "-m", "deploykit", "doctor"], cwd=tmp_path, env=variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    while setting_up.stdout.readline() != "begun\n":
        assert setting_up.poll() is None
    os.killpg(setting_up.pid, signal.SIGINT)
    _, errors = setting_up.communicate(timeout=20)
    assert "Setting up the environment was interrupted." in errors and "→ Type the same again" in errors
    assert "Traceback" not in errors
