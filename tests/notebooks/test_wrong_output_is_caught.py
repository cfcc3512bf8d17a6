"""``make test`` sees when a notebook's stored output is not what its code gives."""

import json
import shutil

import pytest

from deploykit.paths import NOTEBOOKS
from tests.notebook_files import write_notebook


def test_right_output_passes_and_wrong_output_fails(copy):
    folder = copy.root / "notebooks" / "01_train"
    write_notebook(folder / "right.ipynb", "x = 2", "print('accuracy', x * 21)", stored=["", "accuracy 42\n"])
    write_notebook(folder / "wrong.ipynb", "x = 2", "print('accuracy', x * 21)", stored=["", "accuracy 43\n"])
    said = copy.pytest()
    assert "1 failed, 3 passed" in said
    assert "accuracy 43" in said and "FAILED notebooks/01_train/wrong.ipynb" in said


@pytest.mark.skipif(not (NOTEBOOKS / "01_train" / "iris.ipynb").exists(), reason="there is no such notebook")
def test_wrong_number_in_a_lesson_fails(copy):
    lesson = copy.root / "notebooks" / "01_train" / "iris.ipynb"
    lesson.parent.mkdir(parents=True)
    shutil.copy(NOTEBOOKS / "01_train" / "iris.ipynb", lesson)
    cell_id = _plant(lesson)
    said = copy.pytest("-x")
    assert "1 failed" in said and "Cell outputs differ" in said and f"planted in {cell_id}" in said


def _plant(lesson) -> str:
    """Put a wrong line into the first compared output of a notebook, and return its cell's id."""
    document = json.loads(lesson.read_text(encoding="utf-8"))
    printing = (
        (cell, output)
        for cell in document["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and "nbval-ignore-output" not in cell["metadata"].get("tags", [])
    )
    cell, output = next(printing)
    output["text"].append(f"planted in {cell['id']}\n")
    lesson.write_text(json.dumps(document), encoding="utf-8")
    return cell["id"]
