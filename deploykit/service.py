"""Start a web service on this machine, wait until it is ready, and stop it for certain."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import psutil
import requests
import tenacity

from deploykit import command_errors, ledger, local_http, signals
from deploykit.errors import KitError
from deploykit.paths import LOGS, ROOT
from deploykit.shell import environment_for_commands, find_program

READY_SECONDS = 30
PAUSE_SECONDS = 0.1
STOP_SECONDS = 10


class ServiceError(KitError):
    """The service did not come up; the message quotes the end of its log."""


class Service:
    """A running service of this machine: ``url``, ``log`` and ``stop()``; also a context manager."""

    def __init__(self, name: str, process: subprocess.Popen, url: str, log: Path):
        self.name = name
        self.process = process
        self.url = url
        self.log = log

    @property
    def pid(self) -> int:
        """The process that the command became."""
        return self.process.pid

    def output(self, tail: int = 20) -> str:
        """Return the last lines that the service wrote."""
        return last_lines(self.log, tail)

    def stop(self) -> int:
        """Ask the service to end, as every platform does (SIGTERM), and return its exit status.

        What is left of it after 10 seconds is killed.
        """
        workers = _children(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        for orphan in workers:
            if orphan.is_running():
                orphan.kill()
        ledger.remove(self.name)
        return status

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def start(
    command: list[str],
    *,
    cwd: Path | str = ROOT,
    env: Mapping[str, str] | None = None,
    ready: str = "/health/ready",
    timeout: float = READY_SECONDS,
    pause: float = PAUSE_SECONDS,
    name: str = "",
) -> Service:
    """Start a command that serves HTTP on ``$PORT`` and wait until ``ready`` answers 200.

    Args:
        command: the words of the command; ``{port}`` stands for the free port that was found.
        ready: the path to ask; any answer below 500 means ready.
        timeout: seconds to wait before the service is stopped again.
        pause: seconds between two questions.

    Raises:
        ServiceError: it ended, or it was not ready in time.
    """
    port = free_port()
    name = name or f"service on port {port}"
    variables = environment_for_commands({"HOST": "127.0.0.1", "PORT": str(port), **(env or {})})
    words = [word.format(port=port) for word in command]
    words[0] = find_program(words[0], variables["PATH"], cwd)
    log = LOGS / f"{os.getpid()}-{re.sub('[^a-z0-9]+', '-', name.lower())}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file, signals.deferred():
        # In the kernel's own process group: when a cell fails and the kernel ends, the service ends too.
        process = subprocess.Popen(words, cwd=cwd, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        ledger.add_process(name, process.pid)
    service = Service(name, process, f"http://127.0.0.1:{port}", log)
    try:
        wait_until_ready(
            service.url + ready,
            timeout=timeout,
            alive=lambda: process.poll() is None,
            log=service.output,
            pause=pause,
        )
    except BaseException:
        service.stop()
        raise
    return service


def wait_until_ready(
    url: str, *, timeout: float, alive: Callable[[], bool], log: Callable[[], str], pause: float = PAUSE_SECONDS
) -> None:
    """Ask ``url`` every ``pause`` seconds until it answers with a status below 500.

    Raises:
        ServiceError: ``alive`` said no, or ``timeout`` seconds went by; quotes what ``log`` returns.
    """

    def give_up(state: tenacity.RetryCallState) -> bool:
        return not alive() or state.seconds_since_start > timeout

    @tenacity.retry(stop=give_up, wait=tenacity.wait_fixed(pause))
    def ask() -> None:
        # Some servers accept connections before the application is loaded, so a time-out is no verdict yet.
        answer = local_http.get(url, timeout=5)
        if answer.status_code >= 500:
            raise requests.HTTPError(f"{answer.status_code}: {answer.text[:200]}")

    try:
        ask()
    except tenacity.RetryError as error:
        reason = f"was not ready after {timeout:g} s ({error.last_attempt.exception()})" if alive() else "ended at once"
        hint = command_errors.advice("docker", log()) or "Mend what the log says, then try again."
        raise ServiceError(f"The service {reason}. The end of its log:\n{log()}", hint) from None


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port of 127.0.0.1; one that was just left counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def last_lines(file: Path, tail: int) -> str:
    """Return the last lines of a text file."""
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-tail:])


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
