"""A model is used only when it is what its manifest says."""

import importlib.metadata

import pytest

from deploykit import artifacts
from deploykit.errors import KitError


@pytest.fixture
def saved(own_models):
    (own_models / "toy").mkdir(parents=True)
    (own_models / "toy" / "toy.onnx").write_bytes(b"a model")
    return artifacts.save_manifest(
        "toy",
        libraries=["pytest"],
        features=[artifacts.Feature(name="x", unit="cm", minimum=0, maximum=1)],
        classes=["a", "b"],
        metrics={"accuracy": 0.9},
        training_seconds=0.1,
        seed=1,
        example={"input": [1], "label": 0},
    )


def test_the_manifest_describes_the_files_and_what_made_them(saved):
    assert list(saved.files) == ["toy.onnx"]
    assert saved.libraries == {"pytest": importlib.metadata.version("pytest")}
    assert artifacts.load_manifest("toy") == saved


def test_the_same_files_have_the_same_version(saved, own_models):
    (own_models / "toy" / "toy.onnx").write_bytes(b"another model")
    other = artifacts.save_manifest(
        "toy", **saved.model_dump(exclude={"name", "version", "files", "libraries"}) | {"libraries": ["pytest"]}
    )
    assert other.version != saved.version
    (own_models / "toy" / "toy.onnx").write_bytes(b"a model")
    again = artifacts.save_manifest(
        "toy", **saved.model_dump(exclude={"name", "version", "files", "libraries"}) | {"libraries": ["pytest"]}
    )
    assert again.version == saved.version


@pytest.mark.parametrize(
    "damage", [lambda file: file.write_bytes(b"a mode"), lambda file: file.unlink()], ids=["truncated", "missing"]
)
def test_a_damaged_model_is_refused(saved, own_models, damage):
    damage(own_models / "toy" / "toy.onnx")
    with pytest.raises(KitError, match="not the file that its manifest describes") as caught:
        artifacts.load_manifest("toy")
    assert "01_train/toy.ipynb" in caught.value.hint


def test_a_model_that_was_not_trained_names_the_notebook(own_models):
    with pytest.raises(KitError, match="no model 'iris' yet") as caught:
        artifacts.load_manifest("iris")
    assert "01_train/iris.ipynb" in caught.value.hint


def test_a_copied_model_replaces_the_older_one_whole(saved, own_models, tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    old = tmp_path / "app_src" / "toy_flask" / "model" / "old.onnx"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    folder = artifacts.copy_model("toy", "toy_flask")
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "toy.onnx"]


def test_files_in_folders_are_described_and_copied(saved, own_models, tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    (own_models / "toy" / "vocab").mkdir()
    (own_models / "toy" / "vocab" / "strings.json").write_bytes(b"[]")
    other = artifacts.save_manifest(
        "toy", **saved.model_dump(exclude={"name", "version", "files", "libraries"}) | {"libraries": ["pytest"]}
    )
    assert sorted(other.files) == ["toy.onnx", "vocab/strings.json"]
    folder = artifacts.copy_model("toy", "toy_fastapi")
    assert (folder / "vocab" / "strings.json").read_bytes() == b"[]"
