"""What our builds leave in the engine is removed; what is somebody else's is not."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from deploykit import base_image, containers, engine
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID
from deploykit.service import ServiceError
from deploykit.shell import CommandError, run

pytestmark = pytest.mark.needs("docker")

NAME = f"test-containers-{CLONE_ID}"
DOCKERFILE = f"FROM {{base}}\nLABEL test={{mark}} {containers.VENDOR}\n"


@pytest.fixture
def foreign() -> Iterator[str]:
    """Build an image as another clone would: our logs do not name it."""
    dockerfile = io.BytesIO(DOCKERFILE.format(base="scratch", mark="foreign").encode())
    image, _ = engine.client().images.build(fileobj=dockerfile, rm=True)
    yield image.id
    engine.client().images.remove(image.id, force=True)


def test_what_came_from_the_cache_stays_with_whoever_made_it(foreign: str, own_images: Path, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(base="scratch", mark="foreign"), encoding="utf-8")
    said = run(f"docker build {tmp_path}", env={"DOCKER_BUILDKIT": "0"}, quiet=True).output
    assert foreign.removeprefix("sha256:")[:12] in said
    containers.remove_images()
    assert engine.client().images.get(foreign)


@pytest.fixture
def build(own_images: Path, builder: dict[str, str], tmp_path: Path) -> Path:
    """Build an image on the base image, and give it a new version: the first one loses its tag."""
    base_image.ensure()
    for version in (1, 2):
        text = DOCKERFILE.format(base=base_image.NAME, mark=f"{tmp_path.name}-{version}")
        (tmp_path / "Dockerfile").write_text(f"{text}RUN echo {version} > /version\n", encoding="utf-8")
        run(f"docker build --tag {NAME} {tmp_path}", env=builder, quiet=True)
    return tmp_path


def ours(mark: str) -> list[str]:
    images = engine.client().api.images(all=True, filters={"label": containers.VENDOR})
    return [image["Id"] for image in images if image["Labels"].get("test", "").startswith(mark)]


def test_images_of_our_builds_are_removed_and_no_others(build: Path, foreign: str):
    assert len(ours(build.name)) >= 2
    containers.remove_images()
    assert ours(build.name) == []
    assert engine.client().images.get(foreign)
    assert engine.client().images.get(base_image.NAME)


def test_what_a_failed_build_leaves_is_removed(own_images: Path, builder: dict[str, str], tmp_path: Path):
    text = DOCKERFILE.format(base=base_image.NAME, mark=tmp_path.name)
    (tmp_path / "Dockerfile").write_text(f"{text}RUN false {tmp_path.name}\n", encoding="utf-8")
    with pytest.raises(CommandError):
        run(f"docker build --tag {NAME} {tmp_path}", env=builder, quiet=True)
    containers.remove_images()
    assert ours(tmp_path.name) == []
    assert engine.client().containers.list(all=True, filters={"label": f"test={tmp_path.name}"}) == []


def test_a_base_image_of_our_own_is_removed_but_not_what_others_built_on_it(
    own_images: Path, monkeypatch, foreign: str
):
    monkeypatch.setattr(base_image, "NAME", NAME)
    base_image_of_test = DOCKERFILE.format(base="scratch", mark="base") + f"LABEL {containers.OUR_BASE}\n"
    engine.client().images.build(fileobj=io.BytesIO(base_image_of_test.encode()), tag=NAME, rm=True)
    on_it = io.BytesIO(f"FROM {NAME}\nENV ON=it\n".encode())
    theirs, _ = engine.client().images.build(fileobj=on_it, rm=True)
    containers.remove_images()
    with pytest.raises(ImageNotFound):
        engine.client().images.get(NAME)
    assert engine.client().images.get(theirs.id)
    engine.client().images.remove(theirs.id, force=True)


def test_a_base_image_on_which_another_clone_has_built_stays(own_images: Path, monkeypatch, tmp_path: Path):
    monkeypatch.setattr(base_image, "NAME", NAME)
    (tmp_path / "file").write_text("a layer", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nLABEL {containers.OUR_BASE}\nCOPY file /\n", encoding="utf-8")
    client = engine.client()
    client.images.build(path=str(tmp_path), tag=NAME, rm=True)
    on_it = io.BytesIO(f"FROM {NAME}\nLABEL {containers.CLONE}=other\n".encode())
    theirs, _ = client.images.build(fileobj=on_it, rm=True)
    containers.remove_images()
    assert client.images.get(NAME)
    client.images.remove(theirs.id, force=True)
    containers.remove_images()
    with pytest.raises(ImageNotFound):
        client.images.get(NAME)


def test_a_container_that_is_not_there_is_reported_with_its_name():
    with pytest.raises(ServiceError, match="there is no container nobody"):
        containers.wait_for("nobody", "http://127.0.0.1:9", timeout=1)


def test_an_image_that_is_not_there_is_reported_with_what_to_type():
    with pytest.raises(KitError, match="There is no image 'nobody:1'") as caught:
        containers.size("nobody:1")
    assert caught.value.hint == "Build it: docker build --build-arg SERVICE=nobody --tag nobody:1 ."
