"""Two runs of a notebook are stored alike."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from deploykit import normalise
from deploykit.paths import ROOT

SANITIZER = normalise.read_sanitizer(ROOT / "tests" / "nbval.cfg")


def notebook(*cells):
    """Return a notebook whose cells have the ids a, b, c, …"""
    for name, cell in zip("abcdefgh", cells, strict=False):
        cell.id = name
    return new_notebook(cells=list(cells))


def printing(text, **fields):
    """Return a code cell that has printed a text."""
    return new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)], execution_count=5, **fields)


def test_cells_get_readable_ids_and_keep_those_they_have():
    sources = ["# Train the model!", "x = 1", "x = 1", "", "kept"]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    cells[-1]["id"] = "x-1"
    normalise.name_cells(document := {"cells": cells})
    assert [cell["id"] for cell in document["cells"]] == ["train-the-model", "x-1-2", "x-1-3", "code", "x-1"]


def test_shared_id_is_replaced():
    document = {
        "cells": [{"cell_type": "code", "source": "x", "id": "a"}, {"cell_type": "code", "source": "y", "id": "a"}]
    }
    normalise.name_cells(document)
    assert [cell["id"] for cell in document["cells"]] == ["a", "y"]


def test_of_the_metadata_only_tags_stay():
    changed = notebook(
        new_code_cell("x", metadata={"tags": ["exercise"], "execution": {"iopub": "now"}}), new_code_cell("y")
    )
    changed.metadata = {"kernelspec": {"name": "mine"}, "language_info": {"version": "3.11.2"}, "papermill": {}}
    normalise.normalise(changed)
    assert [cell.metadata for cell in changed.cells] == [{"tags": ["exercise"]}, {}]
    assert changed.metadata == normalise.METADATA and "version" not in changed.metadata.language_info


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/tmp/ipykernel_4711/3356.py:2: UserWarning: old", "<cell>:2: UserWarning: old"),
        ("<Figure at 0x7f2b4c0d>", "<Figure at 0x000000>"),
    ],
)
def test_what_differs_between_two_runs_is_taken_out(text, expected):
    changed = notebook(printing(text))
    normalise.normalise(changed)
    assert changed.cells[0].outputs[0].text == expected


def test_an_image_is_never_touched():
    image = new_output("display_data", data={"image/png": "AA0x123456AA", "text/plain": "0x123456"})
    changed = notebook(new_code_cell("x", outputs=[image]))
    normalise.normalise(changed)
    assert changed.cells[0].outputs[0].data == {"image/png": "AA0x123456AA", "text/plain": "0x000000"}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("ready after 0.31 s on 127.0.0.1:40123", "ready after 2 s on 127.0.0.1:1234", True),
        ("Writing app_src/app.py", "Overwriting app_src/app.py", True),
        ("instance i-0123456789abcdef0 at 172.17.0.2", "instance i-ffffffffffffffff0 at 172.17.0.3", True),
        ('"probability":0.16686411343115357', '"probability":0.16686411343121746', True),
        ('"probability":0.16686411343115357', '"probability":0.16686411443115357', False),
        ("accuracy 0.93", "accuracy 0.94", False),
    ],
)
def test_stored_output_stays_when_only_noise_changed(before, after, kept):
    fresh = notebook(printing(after))
    normalise.keep_equal_outputs(fresh, notebook(printing(before)), SANITIZER)
    assert fresh.cells[0].outputs[0].text == (before if kept else after)


def test_stored_outputs_are_of_one_run():
    fresh = notebook(printing("on 127.0.0.1:2222"), printing("accuracy 0.94"))
    normalise.keep_equal_outputs(fresh, notebook(printing("on 127.0.0.1:1111"), printing("accuracy 0.93")), SANITIZER)
    assert [cell.outputs[0].text for cell in fresh.cells] == ["on 127.0.0.1:2222", "accuracy 0.94"]


@pytest.mark.parametrize(("before", "kept"), [("12 requests, 3.5 ms", True), ("12 requests failed", False)])
def test_output_that_nbval_ignores_stays_when_only_numbers_changed(before, kept):
    ignored = {"tags": ["nbval-ignore-output"]}
    fresh = notebook(printing("1,345 requests, 11 ms", metadata=ignored))
    normalise.keep_equal_outputs(fresh, notebook(printing(before, metadata=ignored)), SANITIZER)
    assert (fresh.cells[0].outputs[0].text == before) is kept


def test_cells_that_ran_count_from_1_without_a_gap():
    skipped = printing("old", metadata={"tags": ["skip-execution", "nbval-skip"]})
    result = new_code_cell("y", outputs=[new_output("execute_result", data={"text/plain": "1"}, execution_count=9)])
    counted = notebook(printing("one"), new_markdown_cell("prose"), skipped, result)
    normalise.number_cells(counted)
    code = [cell for cell in counted.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, None, 2]
    assert code[1].outputs == [] and code[2].outputs[0].execution_count == 2
    nbformat.validate(counted)
