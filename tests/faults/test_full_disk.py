"""A disk that is full: what was there stays whole, and a service that cannot log goes on answering."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploykit.paths import ROOT
from tests.contract.cases import Service
from tests.contract.local import running

LIMIT_BYTES = 2000
PREPARE = f"""
import resource
from datetime import UTC, datetime
from pathlib import Path
from deploykit import artifacts, ledger, report
from deploykit.outcome import Outcome
folder = Path.cwd()
ledger.FILE, artifacts.MODELS = folder / "ledger.json", folder
def fill_the_disk():
    resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT_BYTES}, {LIMIT_BYTES}))
def write_ledger(name):
    ledger.add("x" * len(name) * 1000, "container")
def write_manifest(name):
    features = [artifacts.Feature(name=name)] * 100
    artifacts.save_manifest(".", libraries=[], features=features, classes=[], metrics={{}}, training_seconds=0.0,
                            seed=0, example={{}})
def write_report(name):
    report.write(report.Run([], datetime.now(UTC), 0.0, [name * 1000]), folder)
"""
MODELS = f"""
import sys
sys.path.insert(0, {str(ROOT / "app_src" / "heart_function")!r})
artifacts.ROOT = folder
def make():
    (folder / "toy").mkdir()
    (folder / "toy" / "first").write_text("new")
    (folder / "toy" / "second").write_text("new" * 1000)
    artifacts.save_manifest("toy", libraries=[], features=[], classes=[], metrics={{}}, training_seconds=0.0,
                            seed=0, example={{}})
def copy():
    artifacts.copy_model("toy", "toy_flask")
def install():
    import train
    train.DIRECTORY = folder / "app_src" / "toy_flask" / "model"
    train.install(folder / "toy")
def save():
    import train
    train.save(folder / "app_src" / "toy_flask" / "model", {{"weights": "x" * 3000}})
"""
REPLACING = {
    "the kit's copy": "make(); fill_the_disk(); copy()",
    "training's copy": "make(); fill_the_disk(); install()",
    "training": "fill_the_disk(); save()",
}
WRITERS = {"write_ledger": "ledger.json", "write_manifest": "manifest.json", "write_report": "report.html"}


def python(program: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a program, with the kit, in a folder."""
    # Compiled files would be cut off, too, and Python believes them.
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", PREPARE + program], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(("writer", "name"), WRITERS.items(), ids=WRITERS)
def test_what_was_there_stays_whole(writer: str, name: str, tmp_path: Path) -> None:
    assert python(f"{writer}('old')", tmp_path).returncode == 0
    before = (tmp_path / name).read_bytes()
    failed = python(f"fill_the_disk(); {writer}('new')", tmp_path)
    assert "File too large" in failed.stderr
    assert (tmp_path / name).read_bytes() == before
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("replace", REPLACING.values(), ids=REPLACING)
def test_a_model_stays_whole_until_the_next_one_is(replace: str, tmp_path: Path) -> None:
    model = tmp_path / "app_src" / "toy_flask" / "model"
    model.mkdir(parents=True)
    (model / "first").write_text("old")
    failed = python(MODELS + replace, tmp_path)
    assert "File too large" in failed.stderr
    assert [(file.name, file.read_text()) for file in model.iterdir()] == [("first", "old")]
    assert list(model.parent.iterdir()) == [model]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_service_that_cannot_log_goes_on_answering(service: Service, trained) -> None:
    with running(service.name, trained.directory, Path("/dev/full")) as server:
        for _ in range(10):
            answer = service.accepted[0].call.send(server.url + service.path)
            assert answer.status_code == 200
            service.accepted[0].check(answer)
