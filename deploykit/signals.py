"""Let every polite way of ending a program run its ``finally`` blocks."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raised_as_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and on a closed terminal, too, as Ctrl-C does."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name in names:
        if name != "SIGHUP" or before[name] is not signal.SIG_IGN:  # nohup asks us to outlive the terminal
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
