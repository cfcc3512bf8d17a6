"""Exercises and solutions are executed: a wrong solution, a missing one and an exercise solved at first all fail."""

import json
import re
from pathlib import Path

from tests.notebook_files import write_notebook

JUDGED = 'print("✓ three" if x == 3 else "○ Not yet: three")'
UNSOLVED, SOLVED = "○ Not yet: three\n", "✓ three\n"


def write_exercise(file: Path, exercise: str, solution: str, *, stored: str = UNSOLVED, after: str = "") -> None:
    """Write a notebook of one exercise, its folded solution, and a cell after it."""
    write_notebook(file, f"{exercise}\n{JUDGED}", after, stored=[stored, ""])
    notebook = json.loads(file.read_text(encoding="utf-8"))
    notebook["cells"][1]["metadata"]["tags"] = ["exercise"]
    notebook["cells"].insert(2, {"cell_type": "markdown", "id": "folded", "metadata": {}, "source": solution})
    file.write_text(json.dumps(notebook), encoding="utf-8")


def fold(code: str) -> str:
    return f"<details><summary>Solution</summary>\n\n```python\n{code}\n{JUDGED}\n```\n</details>"


def test_solution_runs_in_the_same_kernel_before_the_cells_that_follow_and_must_solve(copy):
    folder = copy.root / "notebooks"
    write_exercise(folder / "good.ipynb", "x = 2", fold("x += 1"), after="assert x == 3")
    write_exercise(folder / "wrong.ipynb", "x = 2", fold("x = 4"))
    write_exercise(folder / "raises.ipynb", "x = 2", fold("1 / 0"))
    write_exercise(folder / "none.ipynb", "x = 2", "Think about it.")
    write_exercise(folder / "solved.ipynb", "x = 3", fold("x = 3"), stored=SOLVED)
    said = copy.pytest()
    failed = set(re.findall(r"^FAILED notebooks/(\w+)\.ipynb::Cell 0 solution", said, re.MULTILINE))
    assert failed == {"wrong", "raises", "none", "solved"}
    assert "4 failed, 11 passed" in said
    assert said.count("does not solve it") >= 2 and "is not unsolved at first" in said and "ZeroDivisionError" in said
