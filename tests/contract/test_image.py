"""What is in each image, and what is not."""

import json
import re

import pytest

from deploykit import base_image, engine
from tests.contract.cases import Service
from tests.contract.container import Image
from tests.contract.services import PAGES, SERVICES

pytestmark = pytest.mark.needs("docker")
PROGRAMS = ["cc", "c++", "gcc", "g++", "clang", "make", "ld", "as", "cargo", "git", "pip", "pip3", "uv"]
MODULES = ["pip", "setuptools", "deploykit", "pytest", "IPython"]
KIT = ["deploykit", "tests", "notebooks", "data", "pyproject.toml", "requirements.lock", "*.ipynb"]
CACHES = [".cache", "*.whl"]
SECRETS = [
    "*.pem",
    "*.key",
    "*.p12",
    "*.env",
    ".env*",
    "id_*",
    ".netrc",
    ".git",
    ".aws",
    ".pypirc",
    "pip.conf",
    "secrets.*",
]
LIBRARIES = ("/venv/", "/usr/", "/etc/ssl/")
"""Where libraries bring folders and files of the same names: their own tests, and public certificates."""


@pytest.fixture(params=[*SERVICES, *PAGES], ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Give each service in turn, the page as well."""
    return request.param


def config(image: Image | str) -> dict:
    return engine.client().images.get(getattr(image, "tag", image)).attrs["Config"]


def test_labels_name_the_service_and_its_model(image: Image, service: Service, trained):
    version = json.loads((trained.directory / "manifest.json").read_text(encoding="utf-8"))["version"]
    labels = config(image)["Labels"]
    assert labels["org.opencontainers.image.title"] == service.name
    assert labels["org.opencontainers.image.version"] == version


def test_command_needs_no_shell_around_it_and_the_port_is_exposed(image: Image):
    settings = config(image)
    assert settings["Cmd"] == ["sh", "/app/start.sh"] and settings["Entrypoint"] is None
    assert list(settings["ExposedPorts"]) == ["8080/tcp"]
    assert settings["Healthcheck"]["Test"][:2] == ["CMD", "python"]


def test_user_is_not_root(image: Image):
    assert config(image)["User"] == "10001"
    assert image.run("id").startswith("uid=10001(service) gid=10001(service)")


def test_only_the_service_is_in_its_folder(image: Image):
    shipped = image.context / "app_src" / image.service
    expected = sorted(str(file.relative_to(shipped)) for file in shipped.rglob("*") if file.is_file())
    assert sorted(image.run("find", "/app", "-type", "f", "-printf", "%P\n").splitlines()) == expected
    assert image.run("find", "/app", "/venv", "-writable") == ""


def test_no_compiler_and_no_installer(image: Image):
    assert image.run("sh", "-c", f"command -v {' '.join(PROGRAMS)} || true") == ""


def test_no_kit_among_the_libraries(image: Image):
    look = f"import importlib.util; print([name for name in {MODULES} if importlib.util.find_spec(name)])"
    assert image.run("python", "-c", look) == "[]"


@pytest.mark.parametrize("names", [KIT, CACHES, SECRETS], ids=["the kit", "caches", "what looks like a secret"])
def test_nothing_else_came_along(image: Image, names: list[str]):
    assert find(image, names) == []


def test_variables_are_the_base_images_and_the_dockerfiles(image: Image):
    def names(image: Image | str) -> set[str]:
        return {variable.split("=")[0] for variable in config(image)["Env"]}

    ours = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "HOST", "PORT"}
    assert names(image) == names(base_image.NAME) | ours


def test_what_the_builder_was_sent_is_small(image: Image):
    told = re.findall(r"(?:build context to Docker daemon|transferring context:) +([\d.]+)([kM]?)B", image.build.output)
    sent = max(float(number) * {"": 1, "k": 1e3, "M": 1e6}[unit] for number, unit in told)
    assert sent < 40e6


def find(image: Image, names: list[str]) -> list[str]:
    """Return where files or folders of these names are, libraries aside."""
    patterns = [word for name in names for word in ("-o", "-name", name)][1:]
    found = image.run("find", "/", "-xdev", "(", *patterns, ")", user="0").splitlines()
    return [file for file in found if not file.startswith(LIBRARIES)]
