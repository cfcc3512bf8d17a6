"""The doctor names what is missing and what to type, and finds nothing wrong where all is there."""

import importlib.metadata

import pytest

from deploykit import doctor, engine


def finding(what: str) -> doctor.Finding:
    return next(found for found in doctor.examine() if found.what == what)


def test_this_environment_is_fine():
    assert finding("Python").fine
    assert finding("packages as in the lock").fine
    assert finding("aws").fine


def test_a_package_of_another_version_is_named(monkeypatch):
    installed = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "flask" else installed(name))
    found = finding("packages as in the lock")
    assert (found.fine, found.detail) == (False, "1 differ, such as flask")


def test_a_missing_engine_comes_with_advice(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    engine.client.cache_clear()
    found = finding("Docker engine")
    engine.client.cache_clear()
    assert not found.fine
    assert found.advice


@pytest.mark.parametrize("program", ["aws", "ssh"])
def test_a_missing_program_comes_with_advice(program, monkeypatch):
    monkeypatch.setattr(doctor, "environment_for_commands", lambda: {"PATH": "/nonexistent"})
    found = finding(program)
    assert (found.fine, found.detail) == (False, "not found")
    assert found.advice


def test_a_full_disk_is_reported(monkeypatch):
    monkeypatch.setattr(doctor, "DISK_GB", 10**9)
    assert not finding("disk space").fine


def test_the_report_is_false_when_something_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "DISK_GB", 10**9)
    assert doctor.show() is False
    assert "make room" in capsys.readouterr().out
