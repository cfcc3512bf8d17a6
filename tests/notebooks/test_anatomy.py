"""Every lesson has the anatomy that learners rely on, and the rules that say so find what they are there to find."""

import copy
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from deploykit.paths import NOTEBOOKS
from tests.notebook_files import KERNEL
from tests.notebooks import anatomy

LESSONS = anatomy.notebooks(NOTEBOOKS)


@pytest.mark.parametrize("rule", anatomy.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("file", LESSONS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_lesson_follows_the_rule(file: Path, rule: Callable) -> None:
    assert list(rule(v4.reads(file.read_text(encoding="utf-8")))) == []


@pytest.fixture
def lesson() -> NotebookNode:
    """Return a lesson without a fault; its cells PROSE and CODE are for a test to spoil."""
    sections = [new_markdown_cell(f"## {name}") for name in anatomy.SECTIONS]
    opening = [
        new_markdown_cell("# Serve the iris model with Flask\n\n![Where we are: stage two](chain.svg)"),
        *sections[:3],
    ]
    setup = [
        new_code_cell('TARGET = "rehearsal"', metadata={"tags": ["parameters"]}),
        new_code_cell("from deploykit.notebook import run"),
    ]
    thoughts = [[new_markdown_cell("Some prose."), new_code_cell("x = 1"), new_code_cell("print(x)")] for _ in range(4)]
    judged = 'exercise("it is three", x == 3, "Count again.")'
    task = new_code_cell(f"x = 2\n{judged}", metadata={"tags": ["exercise"]})
    solution = new_markdown_cell(f"<details><summary>Solution</summary>\n\n```python\nx = 3\n{judged}\n```\n</details>")
    texts = [new_markdown_cell(f"{grade} **Count.** Up to three.") for grade in ("🌟", "🌟🌟🌟")]
    tasks = [copy.deepcopy(cell) for text in texts for cell in (text, task, solution)]
    cells = [*opening, *setup, *sum(thoughts, start=[]), *sections[3:5], *tasks, *sections[5:]]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    return new_notebook(cells=cells, metadata=KERNEL)


@pytest.mark.parametrize("rule", anatomy.RULES, ids=lambda rule: rule.__name__)
def test_rule_accepts_a_good_lesson(lesson: NotebookNode, rule: Callable) -> None:
    assert list(rule(lesson)) == []


PROSE, CODE = 9, 10
SPOILT_PROSE = [
    (anatomy.title, "# A second title"),
    (anatomy.heading_levels, "## One\n\n#### Three"),
    (anatomy.sections, "## What you built"),
    (anatomy.alternative_texts, "![](picture.svg)"),
    (anatomy.alternative_texts, "Look: <img src='picture.svg' width=3>"),
    (anatomy.alternative_texts, '<img src="picture.svg" alt="">'),
    (anatomy.prose_lengths, "word " * 91),
]
SPOILT_CODE = [
    (anatomy.setup, "from deploykit.notebook import check"),
    (anatomy.shell_calls, "!ls"),
    (anatomy.shell_calls, "files = !ls"),
    (anatomy.shell_calls, "%%bash\nls"),
    (anatomy.shell_calls, "%sx ls"),
    (anatomy.code_lengths, "x = 1\n" * 16),
    (anatomy.line_widths, "x = " + "1" * 100),
]


@pytest.mark.parametrize(("rule", "source"), SPOILT_PROSE)
def test_rule_finds_a_fault_in_prose(lesson: NotebookNode, rule: Callable, source: str) -> None:
    lesson.cells[PROSE].source = source
    assert list(rule(lesson))


@pytest.mark.parametrize(("rule", "source"), SPOILT_CODE)
def test_rule_finds_a_fault_in_code(lesson: NotebookNode, rule: Callable, source: str) -> None:
    lesson.cells[CODE].source = source
    assert list(rule(lesson))


@pytest.mark.parametrize(
    ("rule", "tag"),
    [
        (anatomy.setup, "parameters"),
        (anatomy.tags, "skip-execution"),
        (anatomy.tags, "nbval-skip"),
        (anatomy.tags, "raises-exception"),
        (anatomy.ignored_outputs, "nbval-ignore-output"),
    ],
)
def test_rule_finds_a_wrong_tag(lesson: NotebookNode, rule: Callable, tag: str) -> None:
    lesson.cells[CODE].metadata.tags = [tag]
    assert list(rule(lesson))


@pytest.mark.parametrize("path", ["/home/somebody/kit", "/Users/somebody/kit", r"C:\kit", "/tmp/x.py", "/root/.cache"])
@pytest.mark.parametrize("kind", ["stream", "execute_result"])
def test_machine_paths_are_found_in_outputs(lesson: NotebookNode, kind: str, path: str) -> None:
    fields = {"text": f"at {path}"} if kind == "stream" else {"data": {"text/html": f"<b>{path}</b>"}}
    lesson.cells[CODE].outputs = [new_output(kind, **fields)]
    assert list(anatomy.machine_paths(lesson))


@pytest.mark.parametrize(
    ("colour", "alt", "faults"),
    [("white", "Two bars", 0), ("white", "", 1), ("#ffffff80", "Two bars", 1), ("#ffffff00", "", 2)],
)
def test_a_picture_needs_words_and_a_background(lesson: NotebookNode, colour: str, alt: str, faults: int) -> None:
    Image.new("RGBA", (2, 2), colour).save(file := BytesIO(), "png")
    data = {"image/png": b64encode(file.getvalue()).decode()}
    lesson.cells[CODE].outputs = [new_output("display_data", data=data, metadata={"image/png": {"alt": alt}})]
    assert len(list(anatomy.described_pictures(lesson))) == faults


def test_title_needs_a_verb(lesson: NotebookNode) -> None:
    lesson.cells[0].source = "# The iris model"
    assert list(anatomy.title(lesson))


def test_sections_may_not_be_missing(lesson: NotebookNode) -> None:
    lesson.cells = [cell for cell in lesson.cells if "Clean up" not in cell.source]
    assert list(anatomy.sections(lesson)) == ["there is no section 'Clean up'"]


def test_map_of_the_chain_may_not_be_missing(lesson: NotebookNode) -> None:
    lesson.cells[0].source = "# Serve the iris model"
    assert list(anatomy.where_we_are(lesson))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exercise(", "check("),
        ("x == 3", "True"),
        ("Solution", "Hint"),
        ("```python", "```"),
    ],
)
def test_solution_judged_otherwise_is_found(lesson: NotebookNode, old: str, new: str) -> None:
    solution = next(cell for cell in lesson.cells if cell.source.startswith("<details>"))
    solution.source = solution.source.replace(old, new)
    assert len(list(anatomy.exercises(lesson))) == 1


def test_exercise_without_a_judge_and_lesson_with_one_exercise_are_found(lesson: NotebookNode) -> None:
    first = next(cell for cell in lesson.cells if "exercise" in cell.metadata.get("tags", []))
    first.source = "x = 2"
    assert len(list(anatomy.exercises(lesson))) == 1
    first.metadata.tags = []
    assert list(anatomy.exercises(lesson)) == ["there are 1 exercises; 2 or 3 are wanted"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("🌟 **Count", "🌟🌟 **Count"),
        ("🌟 **Count", "🌟🌟🌟 **Count"),
        ("🌟🌟🌟 **Count", "🌟 **Count"),
        ("🌟🌟🌟 **Count", "🌟🌟 **Count"),
        ("🌟 **Count", "**Count"),
    ],
)
def test_grades_that_are_missing_or_do_not_rise_are_found(lesson: NotebookNode, old: str, new: str) -> None:
    task = next(cell for cell in lesson.cells if cell.source.startswith(old))
    task.source = task.source.replace(old, new)
    assert len(list(anatomy.grades(lesson))) == 1


def test_exercise_that_is_stored_as_solved_is_found(lesson: NotebookNode) -> None:
    first = next(cell for cell in lesson.cells if "exercise" in cell.metadata.get("tags", []))
    first.outputs = [new_output("stream", text="working\n✓ it is three\n")]
    assert list(anatomy.unsolved(lesson)) == [f"{first.id} is solved as it stands"]


def test_kernel_of_another_name_is_found(lesson: NotebookNode) -> None:
    lesson.metadata.kernelspec.name = "my-env"
    assert list(anatomy.kernel(lesson))


@pytest.mark.parametrize("count", [None, 7])
def test_counts_with_a_gap_are_found(lesson: NotebookNode, count: int | None) -> None:
    lesson.cells[CODE].execution_count = count
    assert list(anatomy.counts(lesson))


def test_skipped_cell_needs_no_count(lesson: NotebookNode) -> None:
    last = [cell for cell in lesson.cells if cell.cell_type == "code"][-1]
    last.update(execution_count=None, metadata={"tags": ["skip-execution", "nbval-skip"]})
    assert list(anatomy.counts(lesson)) + list(anatomy.tags(lesson)) == []


def test_ignored_output_with_an_assertion_after_it_is_fine(lesson: NotebookNode) -> None:
    lesson.cells[CODE].metadata.tags = ["nbval-ignore-output"]
    lesson.cells[CODE + 1].source = "assert x == 1"
    assert list(anatomy.ignored_outputs(lesson)) == []


@pytest.mark.parametrize("number", [anatomy.CELLS.start - 1, anatomy.CELLS.stop])
def test_too_few_or_too_many_cells_are_found(lesson: NotebookNode, number: int) -> None:
    lesson.cells = (lesson.cells * 9)[:number]
    assert list(anatomy.number_of_cells(lesson))


@pytest.mark.parametrize("source", ["%%writefile app_src/app.py\n" + "x = 1\n" * 60, "# a file\n" + "x = 1\n" * 20])
def test_files_and_exercises_may_be_longer(lesson: NotebookNode, source: str) -> None:
    lesson.cells[CODE].update(source=source, metadata={"tags": ["exercise"]})
    assert list(anatomy.code_lengths(lesson)) == []


def test_tables_and_code_blocks_are_not_prose(lesson: NotebookNode) -> None:
    row = "| word word word | word word word |\n"
    lesson.cells[PROSE].source = "| a | b |\n|---|---|\n" + row * 20 + "\n```python\n" + "word " * 100 + "\n```"
    assert list(anatomy.prose_lengths(lesson)) == []


def test_shared_ids_are_found(lesson: NotebookNode) -> None:
    lesson.cells[PROSE].id = lesson.cells[CODE].id
    assert list(anatomy.ids(lesson))
