"""Signals that end a program: they wait while something is created that has to be written down."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from deploykit import cli, shell, signals

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


class Starter:
    """Starts a program as ``subprocess.Popen`` does, and sends this process a signal at that moment."""

    def __init__(self, name: str) -> None:
        self.signal, self.really_start = getattr(signal, name), subprocess.Popen

    def __call__(self, *args: object, **options: object) -> subprocess.Popen:
        """Start it."""
        self.started = self.really_start(*args, **options)
        os.kill(os.getpid(), self.signal)
        return self.started


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Let signals do what they do in a program that nobody has set up otherwise, and see that it stays so."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in signals.NAMES}
    usual = {name: signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL for name in signals.NAMES}
    for name, handler in usual.items():
        signal.signal(getattr(signal, name), handler)
    yield
    after = {name: signal.getsignal(getattr(signal, name)) for name in signals.NAMES}
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)
    assert after == usual


@pytest.mark.parametrize("name", signals.NAMES)
def test_a_signal_waits_until_the_block_is_done(name: str) -> None:
    done = []

    def create() -> None:
        with signals.deferred():
            signal.raise_signal(getattr(signal, name))
            done.append(name)

    with signals.raised_as_interrupt(), pytest.raises(KeyboardInterrupt):
        create()
    assert done == [name]


def test_what_would_end_the_program_at_once_is_not_kept_waiting() -> None:
    with signals.deferred():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("name", signals.NAMES)
def test_a_program_ends_also_when_the_signal_comes_while_it_is_being_started(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = Starter(name)
    monkeypatch.setattr(cli, "subprocess", Mock(Popen=starter))
    assert cli._run_program(SLEEP, {}) == -signal.SIGTERM
    assert starter.started.poll() is not None


def test_a_command_ends_also_when_the_signal_comes_while_it_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    starter = Starter("SIGINT")
    monkeypatch.setattr(subprocess, "Popen", starter)
    with pytest.raises(KeyboardInterrupt):
        shell.run(SLEEP, quiet=True)
    assert starter.started.poll() is not None
