"""environment.yml, pyproject.toml and the lock tell the same story."""

import re
import tomllib

import yaml

from deploykit.paths import ROOT

CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_conda_users_get_the_same_python():
    wanted = PROJECT["project"]["requires-python"].removeprefix("==").removesuffix(".*")
    assert f"python={wanted}" in CONDA["dependencies"]


def test_conda_users_get_the_packages_of_the_lock():
    [pip] = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert pip == ["--requirement requirements.lock"]


def test_conda_users_get_gcloud_and_keep_their_environment():
    assert "google-cloud-sdk" in CONDA["dependencies"]
    assert CONDA["variables"] == {"DEPLOYKIT_ENVIRONMENT": "active"}


def test_the_lock_names_no_registry_and_hashes_every_package():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pins = re.findall(r"^\S+==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pins) > 100
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
