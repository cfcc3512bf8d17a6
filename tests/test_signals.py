"""Signals that end a program: they wait while something is created that has to be written down."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from deploykit import cli, signals


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
    started = []

    def start(*args: object, **options: object) -> subprocess.Popen:
        started.append(really_start(*args, **options))
        os.kill(os.getpid(), getattr(signal, name))
        return started[0]

    really_start = subprocess.Popen
    monkeypatch.setattr(cli, "subprocess", Mock(Popen=start))
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert cli._run_program(sleep, {}) == -signal.SIGTERM
    assert started[0].poll() is not None
