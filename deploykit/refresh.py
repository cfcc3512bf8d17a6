"""Run notebooks on a clean kernel and store their outputs, so that a second run changes not one byte."""

import copy
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from deploykit import catalog, kernels, normalise
from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.paths import ROOT
from deploykit.shell import ANSI

SANITIZER = ROOT / "tests" / "nbval.cfg"


def refresh(paths: Iterable[Path] = ()) -> None:
    """Run and store notebooks, all of the kit's when none is named, those that others stand on first.

    Raises:
        KitError: a cell failed, and its notebook is left as it was; or there is no such notebook.
    """
    os.environ.update(kernels.environment())
    known = [notebook.file.resolve() for notebook in catalog.in_order(catalog.CATALOG)]
    wanted = [path.resolve() for path in paths] or known
    for file in sorted(wanted, key=lambda file: known.index(file) if file in known else len(known)):
        began = time.monotonic()
        changed = refresh_file(file)
        print(
            f"{'stored' if changed else 'as before':<10} {file.stem:<32} {time.monotonic() - began:.1f} s", flush=True
        )


def refresh_file(file: Path) -> bool:
    """Run and store one notebook, and tell whether that changed its file.

    Raises:
        KitError: there is no such notebook, or a cell failed.
    """
    if not file.is_file():
        raise KitError(
            f"There is no notebook {file.name} in {file.parent}.",
            "Name its file, for instance notebooks/01_train/iris.ipynb",
        )
    before = file.read_bytes()
    document = json.loads(before)
    normalise.name_cells(document)
    stored = nbformat.reads(json.dumps(document), as_version=4)
    fresh = copy.deepcopy(stored)
    _execute(fresh, file)
    normalise.normalise(fresh)
    normalise.keep_equal_outputs(fresh, stored, normalise.read_sanitizer(SANITIZER))
    normalise.number_cells(fresh)
    after = (nbformat.writes(fresh).rstrip("\n") + "\n").encode()
    if after != before:
        write_atomically(file, after)
    return after != before


def _execute(notebook: nbformat.NotebookNode, file: Path) -> None:
    where = [0]

    def remember(cell: nbformat.NotebookNode, cell_index: int) -> None:
        where[0] = cell_index

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=kernels.CELL_SECONDS,
        resources={"metadata": {"path": str(file.parent)}},
        record_timing=False,
        coalesce_streams=True,
        shutdown_kernel="immediate",
        on_cell_start=remember,
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        cell = notebook.cells[where[0]]
        message = f"Cell {where[0] + 1} ({cell.id}) of {file.name} failed:\n{cell.source}\n{_reason(error)}"
        raise KitError(message, "Mend it, then refresh again; the file is as it was.") from None


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return ANSI.sub("", f"{error.ename}: {error.evalue}")
    if isinstance(error, CellTimeoutError):
        return f"It ran for more than {kernels.CELL_SECONDS} s."
    return "The kernel died."
