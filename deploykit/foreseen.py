"""Errors of Python and of libraries that are to be foreseen, said in the kit's words: cause, and what to do next."""

import ast
import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from deploykit import artifacts, command_errors, docker_errors, journal, ledger
from deploykit.catalog import CATALOG, Notebook
from deploykit.errors import KitError
from deploykit.paths import ROOT

FULL = {errno.ENOSPC, errno.EDQUOT}
RUN_ABOVE = "Run the cells above this one first. In the menu: Run, Run All Above Selected Cell."
ENDING_SECONDS = 2
HERE = ("127.0.0.1", "localhost")


def explain(error: BaseException) -> KitError | None:
    """Return the kit's own words for an error, or None if it was not to be foreseen."""
    match error:
        case KitError():
            return error
        case KeyboardInterrupt():
            return _interrupted()
        case NameError():
            return _unknown_name(error.name or "")
        case requests.ConnectionError():
            return _no_connection(error)
        case FileNotFoundError():
            return _no_model(error)
        case OSError() if error.errno in FULL:
            return KitError(f"There is no room left on the disk{_for(error)}.", command_errors.DISK_FULL)
    return None


def _interrupted() -> KitError:
    left = [entry for entry in ledger.entries() if entry.owner == os.getpid()]
    _let_end([entry.process.pid for entry in left if entry.process])
    if not left:
        return KitError(
            "Interrupted: the cell did not finish. It has left nothing to remove.", "Run it again when you like."
        )
    ended = [entry.name for entry in left if entry.process and not ledger.is_alive(entry.process)]
    there = [f"{entry.kind} {entry.name}" for entry in left if entry.name not in ended]
    parts = [
        "Interrupted: the cell did not finish.",
        f"Ended with it: {', '.join(ended)}." if ended else "",
        f"Still there, and in the ledger: {', '.join(there)}." if there else "",
    ]
    return KitError(
        " ".join(filter(None, parts)),
        "Go on with the cell that started what has ended, or run the notebook from its top. "
        "The cells under Clean up remove what is there; so does: python3 -m deploykit teardown",
    )


def _let_end(pids: list[int]) -> None:
    """Give processes a moment: an interrupt reaches all that the kernel has started, which end in their time."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    psutil.wait_procs(processes, timeout=ENDING_SECONDS)


def _unknown_name(name: str) -> KitError | None:
    """Explain a name that a cell of this notebook sets; a traceback shows best that any other is mistyped."""
    notebook = journal.current()
    if notebook is None or name not in _names_set_in(notebook):
        return None
    return KitError(f"'{name}' is not known yet: the cell that sets it has not run in this kernel.", RUN_ABOVE)


def _names_set_in(notebook: Notebook) -> set[str]:
    names: set[str] = set()
    for cell in json.loads(notebook.file.read_text(encoding="utf-8"))["cells"]:
        with suppress(SyntaxError):  # prose, and what IPython alone understands
            names |= _names_set_by(ast.parse("".join(cell["source"])))
    return names


def _names_set_by(code: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(code):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=other):
                names.add(other or name.partition(".")[0])
    return names


def _no_connection(error: requests.ConnectionError) -> KitError | None:
    url = urlsplit(getattr(error.request, "url", None) or "")
    if url.scheme.startswith("http+docker"):
        return KitError("The Docker engine does not answer any more.", docker_errors.NOT_RUNNING)
    if url.hostname in HERE:
        return KitError(
            f"Nothing answers at {url.scheme}://{url.netloc}: the service has ended, or was never started.",
            "Run the cell that starts it once more; the service's own log says why it ended.",
        )
    return KitError(f"{url.hostname} does not answer.", command_errors.NO_NETWORK) if url.hostname else None


def _no_model(error: FileNotFoundError) -> KitError | None:
    """Explain a file of a model that nobody has trained yet."""
    file = ROOT / str(error.filename or "")
    trained = {notebook.path.partition("/")[2] for notebook in CATALOG if notebook.stage == "01_train"}
    name = next((name for name in trained if file.is_relative_to(artifacts.MODELS / name)), "")
    return artifacts.no_model(name) if name else None


def _for(error: OSError) -> str:
    return f" for {Path(str(error.filename)).name}" if error.filename else ""
