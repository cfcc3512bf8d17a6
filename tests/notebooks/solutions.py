"""Exercises are executed: the cell as it stands must not be solved, and the folded solution must solve it.

An exercise is a code cell tagged ``exercise``; the markdown cell after it folds away the code that takes its place.
After nbval has run the exercise, the solution runs in the same kernel, so no notebook has to run twice, and the cells
that follow, such as the cleaning up, are tried after the solutions, as learners run them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell

from tests.notebooks.anatomy import find_solution

UNSOLVED, SOLVED = "○ Not yet: ", "✓ "


class Solution(IPyNbCell):
    """A solution, run as a test of its own right after its exercise."""

    def __init__(self, *, exercise: IPyNbCell, source: str, **options):
        super().__init__(cell_num=exercise.cell_num, cell=new_code_cell(source), options=defaultdict(bool), **options)
        self.exercise = exercise

    def runtest(self) -> None:
        """Run the solution, and compare what it and the exercise said about themselves."""
        before = verdicts(self.exercise.test_outputs or [])
        super().runtest()
        after = verdicts(self.test_outputs)
        if before != [UNSOLVED]:
            self.raise_cell_error(f"The exercise {self.exercise.cell.id} is not unsolved at first: {before}")
        if after != [SOLVED]:
            self.raise_cell_error(f"The solution of {self.exercise.cell.id} does not solve it: {after}")

    def reportinfo(self) -> tuple:
        """Return how the solution is called in pytest's lists."""
        path, line, cell = super().reportinfo()
        return path, line, f"{cell} solution"


def with_solutions(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Put a solution after every exercise among the items."""
    for item in items:
        yield item
        if isinstance(item, IPyNbCell) and "exercise" in item.cell.metadata.get("tags", []):
            source = find_solution(item.parent.nb, item.cell)
            yield Solution.from_parent(item.parent, name=f"{item.name} solution", exercise=item, source=source)


def verdicts(outputs: list[NotebookNode]) -> list[str]:
    """Return how each ``exercise(…)`` that printed into these outputs judged: ``UNSOLVED`` or ``SOLVED``."""
    lines = "".join(output.text for output in outputs if output.output_type == "stream").splitlines()
    return [mark for line in lines for mark in (UNSOLVED, SOLVED) if line.startswith(mark)]
