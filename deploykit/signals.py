"""Let every polite way of ending a program run its ``finally`` blocks."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The polite ways of ending a program that this system knows."""


@contextmanager
def deferred() -> Iterator[None]:
    """Let Ctrl-C, and signals that are raised like it, wait until what the block creates is written down."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread is interrupted
        yield
        return
    waiting = []
    numbers = [getattr(signal, name) for name in NAMES]
    before = {number: signal.getsignal(number) for number in numbers if callable(signal.getsignal(number))}
    try:
        for number in before:
            signal.signal(number, lambda number, _frame: waiting.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if waiting:
            signal.raise_signal(waiting[0])


@contextmanager
def raised_as_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and on a closed terminal, too, as Ctrl-C does."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    for name in NAMES:
        if name != "SIGHUP" or before[name] is not signal.SIG_IGN:  # nohup asks us to outlive the terminal
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
