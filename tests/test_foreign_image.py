"""The image for another processor says so, and its program starts on its own kind of machine only."""

import platform
import subprocess
from collections.abc import Iterator

import pytest

from deploykit import engine, foreign_image
from deploykit.shell import Result, run

NAME = "deploykit-test-foreign:1"


@pytest.fixture
def built_for() -> Iterator[str]:
    """Make the image, and remove it in the end."""
    yield foreign_image.make(NAME)
    engine.client().images.remove(NAME, force=True)


def start() -> Result:
    """Run the image's program."""
    return run(f"docker run --rm {NAME}", check=False, quiet=True)


@pytest.mark.needs("docker")
def test_the_image_names_another_processor_than_the_engine(built_for):
    here = engine.client().version()["Arch"]
    image = engine.client().images.get(NAME)
    assert built_for == f"linux/{image.attrs['Architecture']}" != f"linux/{here}"


@pytest.mark.needs("docker")
def test_it_does_not_start_here(built_for):
    if engine.is_desktop():
        pytest.skip("Docker Desktop emulates other processors.")
    answer = start()
    assert answer.returncode != 0
    assert "exec format error" in answer.output


@pytest.mark.parametrize(("machine", "processor"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_the_same_program_runs_where_it_belongs(machine, processor, tmp_path):
    if (platform.system(), platform.machine()) != ("Linux", machine):
        pytest.skip(f"This is no Linux on {machine}.")
    program = tmp_path / "program"
    program.write_bytes(foreign_image._program(processor))
    program.chmod(0o755)
    assert subprocess.run([program], check=False).returncode == 0
