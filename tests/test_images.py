"""Images are built with their model's version, weighed, and started from cold, each for real."""

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from docker.errors import ImageNotFound, NotFound
from rich.console import Console

from deploykit import base_image, cold_start, containers, engine, images, ledger
from deploykit.catalog import CATALOG
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID, ROOT
from deploykit.service import ServiceError
from deploykit.shell import CommandError, run

NAME = f"test-images-{CLONE_ID}"
DOCKERFILE = f"""FROM {base_image.NAME}
LABEL {containers.VENDOR} test={{mark}}
RUN mkdir /health && touch /health/ready
CMD ["sh", "-c", "{{command}}"]
"""
READY_AFTER_A_SECOND = "sleep 1; exec python -m http.server 8080"


def test_every_service_has_its_model():
    assert set(images.models()) == {folder.name for folder in (ROOT / "app_src").iterdir() if folder.is_dir()}
    trained = {notebook.path.split("/")[1] for notebook in CATALOG if notebook.stage == "01_train"}
    assert set(images.models().values()) == trained


def test_a_model_that_was_not_trained_is_named(own_models):
    with pytest.raises(KitError, match="There is no model 'heart' yet"):
        images.build("heart_function", "heart")


@pytest.mark.needs("docker")
def test_a_build_that_fails_leaves_no_container(own_images, monkeypatch):
    version = f"none-{CLONE_ID}"  # the Dockerfile refuses a version that the model's manifest does not have
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    monkeypatch.setattr(images, "load_manifest", lambda model: SimpleNamespace(version=version))
    monkeypatch.setattr(images, "copy_model", lambda model, service: None)
    with pytest.raises(CommandError, match="returned a non-zero code") as failed:
        images.build("heart_function", "heart")
    step = re.findall(r"Running in (\w+)", failed.value.result.output)[-1]
    with pytest.raises(NotFound):
        engine.client().containers.get(step)
    containers.remove_images()


@pytest.fixture
def image(request: pytest.FixtureRequest, own_images, tmp_path) -> Iterator[str]:
    """Build an image whose command is the parameter."""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(command=request.param, mark=tmp_path.name), encoding="utf-8")
    run(f"docker build --tag {NAME} {tmp_path}", quiet=True)
    yield NAME
    containers.remove_images()
    with pytest.raises(ImageNotFound):
        engine.client().images.get(NAME)


@pytest.mark.needs("docker")
@pytest.mark.parametrize("image", [READY_AFTER_A_SECOND], indirect=True)
def test_each_start_is_measured_and_nothing_is_left(image: str, own_ledger):
    measured = images.measure(image, rounds=2)
    assert len(measured.cold_starts) == 2
    assert all(1 < seconds < 20 for seconds in measured.cold_starts)
    assert measured.size_mb >= containers.size(base_image.NAME) and measured.added_mb < 1
    assert ledger.entries() == []
    assert engine.client().containers.list(all=True, filters={"ancestor": image}) == []


@pytest.mark.needs("docker")
@pytest.mark.parametrize("image", ["echo no model; exit 1"], indirect=True)
def test_a_container_that_ends_is_no_measurement(image: str, own_ledger):
    with pytest.raises(ServiceError, match="no model"):
        cold_start.measure(image, rounds=1)
    assert ledger.entries() == []


@pytest.mark.needs("docker")
def test_an_image_that_is_not_there_is_no_measurement(own_ledger):
    with pytest.raises(KitError, match="There is no image 'nobody:1'"):
        cold_start.measure("nobody:1", rounds=1)
    assert ledger.entries() == []


def test_what_was_measured_is_shown_and_saved(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(images, "RESULTS", tmp_path / "images.json")
    measured = [images.Measured(image="heart_function:1", size_mb=215.4, added_mb=45.1, cold_starts=[0.5, 0.4, 0.9])]
    images.save(measured)
    Console(width=100).print(images.table(measured))
    shown = capsys.readouterr().out.replace("│", " ").split()
    assert " ".join(shown[shown.index("heart_function:1") :]).startswith("heart_function:1 215 45 0.50")
    assert json.loads((tmp_path / "images.json").read_text(encoding="utf-8"))[0]["cold_starts"] == [0.5, 0.4, 0.9]
