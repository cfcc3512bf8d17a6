"""Refreshing stores what a clean kernel gives, twice the same, and nothing when a cell fails."""

import json

import pytest

from deploykit.errors import KitError
from deploykit.refresh import refresh, refresh_file
from tests.notebook_files import write_notebook

LESSON = (
    "import sys\nprint('one', flush=True)\nprint('careful', file=sys.stderr, flush=True)\nprint('two — ✓')",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()",
    "import warnings\nwarnings.warn('an old way')\nobject()",
    "import os, time\nprint(f'{os.path.basename(os.getcwd())} after {time.perf_counter():.3f} s')",
)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Refresh a notebook that prints, plots and warns; return its bytes after one run, after two, and what changed."""
    file = write_notebook(tmp_path_factory.mktemp("lesson") / "lesson.ipynb", *LESSON)
    document = json.loads(file.read_bytes())
    for cell in document["cells"]:
        del cell["id"]
    file.write_text(json.dumps(document), encoding="utf-8")
    changed = [refresh_file(file)]
    first = file.read_bytes()
    changed.append(refresh_file(file))
    return first, file.read_bytes(), changed


def test_second_run_changes_not_one_byte(twice):
    first, second, changed = twice
    assert first == second and changed == [True, False]


def test_outputs_of_a_clean_run_are_stored(twice):
    cells = json.loads(twice[0])["cells"][1:]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3, 4]
    streams = [(output["name"], "".join(output["text"])) for output in cells[0]["outputs"]]
    assert streams == [("stdout", "one\ntwo — ✓\n"), ("stderr", "careful\n")]
    assert "image/png" in cells[1]["outputs"][0]["data"]
    assert cells[2]["outputs"][0]["text"][0] == "<cell>:2: UserWarning: an old way\n"


def test_kernel_runs_in_the_notebooks_folder(twice):
    assert '"lesson0 after ' in twice[0].decode()


def test_file_is_readable_in_a_diff(twice):
    text = twice[0].decode()
    assert text.endswith("}\n") and '\n "cells": [' in text and "✓" in text


@pytest.mark.parametrize(
    ("source", "reason"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("import os; os._exit(1)", "The kernel died")],
)
def test_failing_cell_is_named_and_the_file_left_as_it_was(tmp_path, source, reason):
    file = write_notebook(tmp_path / "lesson.ipynb", "x = 1", source)
    before = file.read_bytes()
    with pytest.raises(KitError, match=rf"Cell 3 (.|\n)*{reason}"):
        refresh_file(file)
    assert file.read_bytes() == before and [found.name for found in tmp_path.iterdir()] == ["lesson.ipynb"]


def test_notebook_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(KitError, match="There is no notebook gone.ipynb"):
        refresh([tmp_path / "gone.ipynb"])
