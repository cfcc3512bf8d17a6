"""The ledger: every resource is written down before it is created, with the commands that undo it.

The ledger is one JSON file. A process that dies between creating a resource and deleting it leaves the line behind, and
``python -m deploykit teardown`` reads it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from filelock import FileLock
from pydantic import BaseModel, Field, TypeAdapter

from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.paths import STATE
from deploykit.shell import run

FILE = STATE / "ledger.json"
ENDING_SECONDS = 10
ACCOUNT_VARIABLES = (
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_CORE_PROJECT",
)
"""Which account, region or project a command meant; another process needs them to undo it. None of them is a secret."""


class Process(BaseModel):
    """A process of this machine; the start time tells it from a later one with the same number."""

    pid: int
    started: float


class Entry(BaseModel):
    """One resource and how to undo it.

    Attributes:
        name: what the learner calls it; unique in the ledger.
        kind: what it is ("key pair", "container", "process", …).
        where: "local", "rehearsal" or "cloud".
        undo: commands to run in order; ``{found}`` stands for what ``find`` printed.
        find: a command that prints the identifiers to undo; when it prints nothing there is nothing to undo.
        process: the process to end.
        created: seconds since 1970, for the overview.
        usd_per_hour: what it costs in the cloud while it exists.
        owner: the process that wrote the line, in a notebook its kernel.
        env: the account and region in force when it was written.
    """

    name: str
    kind: str
    where: str
    undo: list[str] = []
    find: str = ""
    process: Process | None = None
    created: float = 0.0
    usd_per_hour: float = 0.0
    owner: int = Field(default_factory=os.getpid)
    env: dict[str, str] = Field(
        default_factory=lambda: {k: os.environ[k] for k in ACCOUNT_VARIABLES if k in os.environ}
    )


_entries = TypeAdapter(list[Entry])


def add(
    name: str,
    kind: str,
    *,
    undo: str | list[str] = (),
    find: str = "",
    where: str = "local",
    usd_per_hour: float = 0.0,
) -> None:
    """Write a resource down; call it before creating the resource.

    Raises:
        KitError: a resource of that name is in the cloud still, and it is another one.
    """
    commands = [undo] if isinstance(undo, str) else list(undo)
    entry = Entry(name=name, kind=kind, where=where, undo=commands, find=find, usd_per_hour=usd_per_hour)
    _put(entry.model_copy(update={"created": time.time()}))


def add_process(name: str, pid: int, *, shared: bool = False) -> None:
    """Write down a process that was just started; a shared one belongs to no notebook and outlives them all."""
    process = Process(pid=pid, started=psutil.Process(pid).create_time())
    owner = {"owner": 0} if shared else {}
    _put(Entry(name=name, kind="process", where="local", process=process, created=time.time(), **owner))


def remove(name: str) -> None:
    """Strike a resource out: it is gone."""
    with _open() as entries:
        entries[:] = [entry for entry in entries if entry.name != name]


def entries(*, where: str | None = None) -> list[Entry]:
    """Return what is not undone yet, oldest first."""
    with _open() as found:
        return [entry for entry in found if where in (None, entry.where)]


def mine() -> list[str]:
    """Return the names of what this process, in a notebook its kernel, created and has not undone."""
    return [entry.name for entry in entries() if entry.owner == os.getpid()]


def undo(name: str, *, quiet: bool = False) -> None:
    """Undo one resource and strike it out.

    Raises:
        KitError: the ledger has no such resource.
        CommandError: a command failed; the resource stays in the ledger.
    """
    entry = next((entry for entry in entries() if entry.name == name), None)
    if entry is None:
        raise KitError(f"The ledger has no resource called '{name}'.", "ledger.entries() lists them.")
    if entry.process:
        end_process(entry.process)
    found = run(entry.find, env=entry.env, quiet=True).text if entry.find else ""
    if found or not entry.find:
        for command in entry.undo:
            run(command.replace("{found}", found), env=entry.env, tail=0, quiet=quiet)
    remove(name)


def undo_all(*, where: str, keep: str = "") -> list[str]:
    """Undo everything but ``keep``, newest first, and return one line for each resource that could not be undone."""
    failures = []
    for entry in reversed([entry for entry in entries(where=where) if entry.name != keep]):
        try:
            undo(entry.name, quiet=True)
        except KitError as error:
            failures.append(f"{entry.kind} {entry.name}: {error.message}")
    return failures


def is_alive(process: Process) -> bool:
    """Tell whether a process runs, and is not a later one with the same number."""
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_process(process: Process) -> None:
    """End a process and its children: ask first, then insist. A process that is gone already is fine."""
    try:
        parent = psutil.Process(process.pid)
        if abs(parent.create_time() - process.started) > 1:
            return  # the number was given to another process meanwhile
        children = parent.children(recursive=True)
        parent.terminate()
    except psutil.NoSuchProcess:
        return
    psutil.wait_procs([parent], timeout=ENDING_SECONDS)
    survivors = [process for process in (parent, *children) if process.is_running()]
    for survivor in survivors:
        survivor.kill()
    psutil.wait_procs(survivors, timeout=ENDING_SECONDS)


def _put(entry: Entry) -> None:
    with _open() as found:
        for other in found:
            if other.name == entry.name and other.where == "cloud" and not _is_same(other, entry):
                raise KitError(
                    f"An earlier '{entry.name}' is in the cloud still, and only the ledger knows how to remove it.",
                    "Remove it first: python -m deploykit teardown",
                )
        found[:] = [*(other for other in found if other.name != entry.name), entry]


def _is_same(one: Entry, other: Entry) -> bool:
    """Tell whether two lines mean one resource: the commands that undo the one undo the other."""
    return (one.where, one.find, one.undo, one.env) == (other.where, other.find, other.undo, other.env)


@contextmanager
def _open() -> Iterator[list[Entry]]:
    """Hold the file's lock, give its entries, and write them back whole when they changed."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{FILE}.lock"):
        before = FILE.read_bytes() if FILE.exists() else b"[]"
        found = _entries.validate_json(before)
        yield found
        after = _entries.dump_json(found, indent=1)
        if after != before:
            write_atomically(FILE, after)
