"""What our builds leave in the engine is removed; what somebody else builds at the same time is not."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from deploykit import containers, engine
from deploykit.service import ServiceError
from deploykit.shell import run

pytestmark = pytest.mark.needs("docker")

DOCKERFILE = f"FROM scratch\nLABEL {containers.VENDOR}\nLABEL test={{mark}}\n"


@pytest.fixture
def foreign() -> Iterator[str]:
    """Build an image as another clone would: our logs do not name it."""
    dockerfile = io.BytesIO(DOCKERFILE.format(mark="foreign").encode())
    image, _ = engine.client().images.build(fileobj=dockerfile, rm=True)
    yield image.id
    engine.client().images.remove(image.id, force=True)


def test_images_of_our_builds_are_removed_and_no_others(foreign: str, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(mark="ours"), encoding="utf-8")
    run(f"docker build --tag deploykit-test-image {tmp_path}", quiet=True)
    containers.remove_images()
    with pytest.raises(ImageNotFound):
        engine.client().images.get("deploykit-test-image")
    assert engine.client().images.get(foreign)


def test_a_container_that_is_not_there_is_reported_with_its_name():
    with pytest.raises(ServiceError, match="there is no container nobody"):
        containers.wait_for("nobody", "http://127.0.0.1:9", timeout=1)
