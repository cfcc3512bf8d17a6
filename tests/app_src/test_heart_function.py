"""Training and serving the heart model: the tag that is trained is served, and what would train a wrong model is refused."""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import requests
from click.testing import Result
from typer.testing import CliRunner

from deploykit import service
from deploykit.artifacts import Manifest
from deploykit.paths import ROOT

CODE = ROOT / "app_src" / "heart_function"
PATIENT = json.loads(pd.read_csv(ROOT / "data" / "heart.csv").drop(columns="target").iloc[0].to_json())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a place of the module's own for trained models and for the one that is installed."""
    return tmp_path_factory.mktemp("heart")


@pytest.fixture(scope="module")
def train(folder: Path) -> Iterator[Callable[..., Result]]:
    """Load train.py, and give a function that runs it with options; its modules do not stay behind."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_DIR", str(folder / "model"))
        patch.syspath_prepend(CODE)
        program = runpy.run_path(str(CODE / "train.py"))["app"]
        yield lambda *options: CliRunner().invoke(program, [f"--output={folder / 'models'}", *options])
    for name in {path.stem for path in CODE.glob("*.py")} & (set(sys.modules) - before):
        del sys.modules[name]


@pytest.fixture(scope="module")
def trained(folder: Path, train: Callable[..., Result]) -> Path:
    """Train with a tag, as the tutorial's article does, and return the folder."""
    assert train("--tag=_example", "--test_size=0.25").exit_code == 0
    return folder


def test_manifest_is_one_that_the_kit_reads(trained: Path) -> None:
    manifest = Manifest.model_validate_json((trained / "models" / "heart_example" / "manifest.json").read_bytes())
    assert (manifest.name, list(manifest.files)) == ("heart_example", ["heart.json"])


@pytest.mark.parametrize(
    "command",
    [["sh", "start.sh"], ["functions-framework", "--target=predict_handler", "--host=127.0.0.1", "--port={port}"]],
    ids=["start.sh", "functions-framework"],
)
def test_tag_that_was_trained_is_served(trained: Path, own_ledger: Path, command: list[str]) -> None:
    with service.start(command, cwd=CODE, env={"MODEL_DIR": str(trained / "model")}) as server:
        version = requests.get(f"{server.url}/version", timeout=5).json()
        answer = requests.post(server.url, json=PATIENT, timeout=5).json()
        too_long = requests.post(server.url, data=b"1" * 2_000_000, timeout=5)
    assert version["model"]["name"] == "heart_example"
    assert answer["diagnosis"] == "clear"
    assert (too_long.status_code, too_long.json()["error"]["field"]) == (413, None)


def test_nothing_is_saved_without_dump(folder: Path, train: Callable[..., Result]) -> None:
    result = train("--tag=_nothing", "--nodump")
    assert "Validation accuracy:" in result.output
    assert not (folder / "models" / "heart_nothing").exists()


@pytest.mark.parametrize("option", ["--tagg=_x", "--tag=../x", "--test_size=2", "--path=no.csv"])
def test_wrong_option_is_refused(train: Callable[..., Result], option: str) -> None:
    assert train(option).exit_code == 2


SPOILT = {
    "inverted label": (lambda heart: heart.assign(target=1 - heart.target), "inverted"),
    "label with grades": (lambda heart: heart.assign(target=heart.target * 2), "0 and 1"),
    "unknown word": (lambda heart: heart.replace({"cp": {"asymptomatic": "none"}}), "unknown words"),
    "column missing": (lambda heart: heart.drop(columns="chol"), "chol"),
    "text for a number": (lambda heart: heart.assign(age="old"), "not numeric"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_data_are_refused(train: Callable[..., Result], tmp_path: Path, name: str) -> None:
    spoil, reason = SPOILT[name]
    spoil(pd.read_csv(ROOT / "data" / "heart.csv")).to_csv(tmp_path / "heart.csv", index=False)
    result = train(f"--path={tmp_path / 'heart.csv'}")
    assert result.exit_code == 2 and reason in result.output


def test_serving_imports_neither_pandas_nor_scikit_learn() -> None:
    program = "import sys; import wsgi; print(*({'numpy', 'pandas', 'sklearn'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], cwd=CODE, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == ""
