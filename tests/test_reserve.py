"""Two learners, each with a clone of the kit, on one engine: each works on undisturbed, or reads what is in the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploykit import base_image, containers, engine, ledger, reserve
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID, NOTEBOOKS
from deploykit.shell import run
from tests.learner import Learner

NAME = f"test-reserve-{CLONE_ID}"
IMAGE = f"{NAME}:1"
DOCKERFILE = f'FROM {base_image.NAME}\nLABEL test={NAME} {containers.VENDOR}\nCMD ["sleep", "600"]\n'
LESSON = f"""
def build():
    run("docker build --label " + reserve.OURS + " --tag {IMAGE} -", stdin={DOCKERFILE!r}, quiet=True)

def start():
    run("docker run --detach " + reserve.container("{NAME}", "{IMAGE}") + " {IMAGE}", quiet=True)

def serve():
    print(service.start([sys.executable, "-m", "http.server", "{{port}}", "--bind", "127.0.0.1"], ready="/").url)
"""


@pytest.fixture
def base() -> None:
    """Have the image that the lessons' images stand on."""
    base_image.ensure()


@pytest.fixture
def learners(tmp_path: Path) -> Iterator[list[Learner]]:
    """Make two clones, and tear down what their learners leave."""
    both = [Learner(tmp_path / name, LESSON) for name in ("ann", "bob")]
    yield both
    for learner in both:
        assert learner.does("print(teardown())").endswith("[]")


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_a_name_that_another_learner_has_is_refused_and_left_to_them(learners: list[Learner]):
    ann, bob = learners
    ann.does("build(); start()")
    said = bob.does("build(); refused(start); print(ledger.entries(), teardown())")
    assert f"A container called '{NAME}' is there already, and it is not this clone's" in said
    assert said.endswith("[] []")
    assert containers.is_running(NAME)
    assert ann.does("print(teardown())") == "[]"
    assert not containers.exists(NAME)


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_teardown_does_not_take_a_container_that_got_its_name_later(learners: list[Learner]):
    ann, bob = learners
    ann.does(f"build(); reserve.container('{NAME}', '{IMAGE}')")
    bob.does("build(); start()")
    assert ann.does("print(teardown(), ledger.entries())") == "[] []"
    assert containers.is_running(NAME)


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_an_image_that_another_learner_built_under_the_same_name_is_not_run(learners: list[Learner]):
    ann, bob = learners
    ann.does("build()")
    bob.does("build()")
    assert f"The image '{IMAGE}' is not this clone's" in ann.does("refused(start)")
    assert not containers.exists(NAME)
    ann.does("build(); start()")
    assert bob.does("print(teardown())") == "[]"
    assert containers.is_running(NAME) and engine.client().images.get(IMAGE)


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_an_image_of_one_lesson_stays_until_that_lesson_is_cleaned_up(learners: list[Learner]):
    ann, bob = learners
    ann.does(f"reserve.image('{IMAGE}'); build()")
    assert "made by another clone of the kit" in bob.does(f"refused(reserve.image, '{IMAGE}'); print(teardown())")
    assert engine.client().images.get(IMAGE)
    ann.does(f"ledger.undo('{IMAGE}')")
    assert not engine.client().images.list(IMAGE)


def test_services_of_two_learners_have_ports_and_ledgers_of_their_own(learners: list[Learner]):
    ann, bob = learners
    urls = [learner.does("serve()") for learner in learners]
    assert requests.get(urls[0], timeout=5).ok and requests.get(urls[1], timeout=5).ok
    assert ann.does("print(teardown())") == "[]"
    with pytest.raises(requests.ConnectionError):
        requests.get(urls[0], timeout=5)
    assert requests.get(urls[1], timeout=5).ok
    assert "service on port" in bob.does("print(ledger.entries())")


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_our_own_container_of_an_earlier_run_makes_way(own_ledger: Path):
    create = f"docker create {reserve.container(NAME, base_image.NAME)} {base_image.NAME} true"
    run(create, quiet=True)
    reserve.container(NAME, base_image.NAME)
    assert not containers.exists(NAME)
    run(create, quiet=True)
    ledger.undo(f"{NAME} container", quiet=True)
    assert not containers.exists(NAME) and ledger.entries() == []


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_somebody_elses_container_stays_and_we_say_what_to_type(own_ledger: Path):
    theirs = engine.client().containers.create(base_image.NAME, "true", name=NAME)
    try:
        with pytest.raises(KitError, match="is there already") as caught:
            reserve.container(NAME, base_image.NAME)
        assert f"docker rm --force {NAME}" in caught.value.hint
        assert containers.exists(NAME) and ledger.entries() == []
    finally:
        theirs.remove(force=True)


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("base")
def test_no_container_is_reserved_for_an_image_that_is_not_there(own_ledger: Path):
    with pytest.raises(KitError, match="There is no image 'nobody:1'"):
        reserve.container(NAME, "nobody:1")
    assert ledger.entries() == []


@pytest.mark.parametrize(
    "notebook", sorted((NOTEBOOKS / "03_containerize").glob("*.ipynb")), ids=lambda file: file.stem
)
def test_every_container_of_a_lesson_is_reserved_first(notebook: Path):
    text = notebook.read_text(encoding="utf-8")
    assert "reserve.container(" in text
    assert "ledger.add(" not in text
