"""What a learner has done in JupyterLab: which checks passed in which notebook, for the overview of the start page.

One small file for each notebook, which only that notebook's kernel writes. What ``make run`` does is in ``runs/``.
"""

import json
import os
from pathlib import Path

from deploykit import catalog
from deploykit.catalog import Notebook
from deploykit.files import write_atomically
from deploykit.paths import STATE

FOLDER = STATE / "journal"


def begin() -> None:
    """Forget what was noted about the notebook of this kernel: it is run anew."""
    if notebook := current():
        _file(notebook).unlink(missing_ok=True)


def note(check: str) -> None:
    """Note that a check passed, if this kernel belongs to one of the kit's notebooks in JupyterLab."""
    notebook = current()
    if notebook and check not in (passed := checks(notebook)):
        write_atomically(_file(notebook), json.dumps([*passed, check]).encode())


def checks(notebook: Notebook) -> list[str]:
    """Return the checks that passed when the notebook was last run in JupyterLab."""
    file = _file(notebook)
    return json.loads(file.read_bytes()) if file.exists() else []


def _file(notebook: Notebook) -> Path:
    return FOLDER / f"{notebook.path.replace('/', '.')}.json"


def current() -> Notebook | None:
    """Return the notebook whose kernel this is; only Jupyter's server says so."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    return next((notebook for notebook in catalog.CATALOG if session and notebook.file == Path(session)), None)
