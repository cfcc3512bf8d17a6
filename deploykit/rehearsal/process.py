"""The servers of the rehearsal cloud: processes that outlive the notebook that started them."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import requests
import tenacity

from deploykit import ledger, signals
from deploykit.errors import KitError
from deploykit.ledger import is_alive
from deploykit.paths import LOGS, ROOT, STATE
from deploykit.service import last_lines

STARTING_SECONDS = 20


def folder(provider: str) -> Path:
    """Return where one provider's half of the cloud keeps its files."""
    return STATE / "rehearsal" / provider


def log_file(provider: str) -> Path:
    """Return where a provider's server writes its log."""
    return LOGS / f"rehearsal-{provider}.log"


def ledger_name(provider: str) -> str:
    """Return what the ledger calls a provider's server."""
    return f"rehearsal cloud ({provider})"


def spawn(provider: str, arguments: list[str], environment: Mapping[str, str]) -> ledger.Process:
    """Start ``deploykit.rehearsal.<provider>.server`` with these arguments, and write it down in the ledger."""
    log = log_file(provider)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", f"deploykit.rehearsal.{provider}.server", *arguments]
    with log.open("wb") as out, signals.deferred():
        # A session of its own: a kernel that is restarted must not take the cloud with it.
        child = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        ledger.add_process(ledger_name(provider), child.pid, shared=True)
    return ledger.Process(pid=child.pid, started=psutil.Process(child.pid).create_time())


def wait_until_up(provider: str, process: ledger.Process, probe: Callable[[], object]) -> None:
    """Wait until ``probe`` raises no ``requests`` error any more.

    Raises:
        KitError: the server ended, or did not answer in time; the message quotes the end of its log.
    """

    def give_up(state: tenacity.RetryCallState) -> bool:
        return not is_alive(process) or state.seconds_since_start > STARTING_SECONDS

    failed = tenacity.retry_if_exception_type(requests.RequestException)
    try:
        tenacity.Retrying(stop=give_up, wait=tenacity.wait_fixed(0.1), retry=failed)(probe)
    except tenacity.RetryError:
        log = log_file(provider)
        raise KitError(
            f"The rehearsal cloud did not start:\n{last_lines(log, 10)}", f"Its log is {log.relative_to(ROOT)}"
        ) from None


def end(provider: str, process: ledger.Process) -> None:
    """End a server, if it runs; safe to repeat."""
    ledger.end_process(process)
    ledger.remove(ledger_name(provider))


def environment_without(*prefixes: str) -> dict[str, str]:
    """Return this process's variables without those that would lead a server to the learner's own account."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
