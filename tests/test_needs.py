"""What a machine lacks is said in words."""

import pytest

from deploykit import engine, needs


def test_program_of_the_environment_is_found():
    assert needs.missing("aws") == ""


def test_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert "'ssh' is not installed. Type: " in needs.missing("ssh")


def test_docker_is_missing_when_its_engine_is():
    assert needs.missing("docker") == engine.missing()


def test_unknown_need_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="crystal ball"):
        needs.missing("crystal ball")
