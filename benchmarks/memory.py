"""How much memory a service takes at its peak, its worker processes included."""

import threading
from types import TracebackType

import psutil

PAUSE_SECONDS = 0.25


class Peak:
    """Watch a process and its children while the block runs; ``mb`` is the most that they held together."""

    def __init__(self, pid: int):
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self.mb = 0.0

    def __enter__(self) -> "Peak":
        self._watching.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while True:
            self.mb = max(self.mb, held(self._process))
            if self._over.wait(PAUSE_SECONDS):
                return


def held(process: psutil.Process) -> float:
    """Return what a process and its children hold, in MB: memory that several share is counted once (PSS)."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            info = member.memory_full_info()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        total += getattr(info, "pss", info.uss)  # only Linux knows the PSS
    return total / 1e6
