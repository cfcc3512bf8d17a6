"""The parameters of a run: what was asked for, and which notebooks know it."""

from collections.abc import Iterable
from typing import Any

import papermill
import yaml

from deploykit.catalog import Notebook
from deploykit.errors import KitError

TARGETS = ("rehearsal", "cloud")


def parse(assignments: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts; a value is YAML, of which JSON is a part.

    Raises:
        KitError: one of them has no name, or its value cannot be read.
    """
    values = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        try:
            values[name] = yaml.safe_load(text)
        except yaml.YAMLError:
            equals = ""
        if not (equals and name.isidentifier()):
            raise KitError(f"'{assignment}' is no parameter.", "Write NAME=VALUE, for instance -p LEARNING_RATE=0.1")
    return values


def distribute(given: dict[str, Any], notebooks: Iterable[Notebook], *, target: str) -> dict[str, dict[str, Any]]:
    """Return each notebook's own parameters by its path: those among the given ones and ``TARGET`` that it knows.

    Raises:
        KitError: no notebook knows a given parameter, or there is no such target.
    """
    if target not in TARGETS:
        raise KitError(f"There is no target called '{target}'.", f"There are: {', '.join(TARGETS)}")
    known = {notebook.path: _known(notebook) for notebook in notebooks}
    everywhere = set().union(*known.values())
    if unknown := set(given) - everywhere:
        hint = f"They know: {', '.join(sorted(everywhere)) or 'none'}"
        raise KitError(f"None of these notebooks has the parameter {' or '.join(sorted(unknown))}.", hint)
    values = {"TARGET": target, **given}
    return {path: {name: values[name] for name in names & set(values)} for path, names in known.items()}


def _known(notebook: Notebook) -> set[str]:
    if not notebook.file.exists():
        raise KitError(f"The notebook {notebook.path} is not there.", f"Type: git checkout {notebook.file.name}")
    return set(papermill.inspect_notebook(notebook.file))
