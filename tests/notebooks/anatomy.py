"""The anatomy of a notebook, as rules: each takes a notebook and gives what is wrong with it, a line for each fault.

An exercise is a code cell tagged ``exercise`` that runs as it is and that the learner changes. The markdown cell after
it holds ``<details><summary>Solution</summary>`` with a Python code block, which can be run in the exercise's place.
"""

import ast
import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode
from PIL import Image

from deploykit.paths import ROOT

VERBS = {
    "Build",
    "Containerize",
    "Deploy",
    "Detect",
    "Find",
    "Package",
    "Put",
    "Run",
    "Serve",
    "Ship",
    "Start",
    "Train",
}
SECTIONS = (
    "What you will do", "What you will learn", "What you need",
    "Check yourself", "On your own", "Clean up", "What you built",
)  # fmt: skip
CELLS = range(20, 66)
CODE_LINES = 15
EXERCISE_LINES = 25
LINE_WIDTH = 100
OPAQUE = 255
PROSE_WORDS = 90
ASSERT_WITHIN = 3
EXERCISES = (2, 3)
GRADE = re.compile(r"^(🌟{1,3}) \*\*", re.MULTILINE)
SOLUTION = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)\n```", re.DOTALL)
SHELL_CALL = re.compile(r"get_ipython\(\)\.(system|getoutput)\(|run_(cell|line)_magic\('(bash|sh|script|system|sx)'")
ASSERTION = re.compile(r"^\s*(assert\b|check\()", re.MULTILINE)
MACHINE_PATH = re.compile(
    r"/home/(?!admin\b|app\b|ec2-user\b|ubuntu\b)\w+|/Users/\w+|/root\b|/tmp/\S+|[A-Z]:\\\S+|" + re.escape(str(ROOT))
)


def title(notebook: NotebookNode) -> Iterator[str]:
    """The first cell begins with the one heading of level 1, which begins with a verb."""
    top = [text for level, text in _headings(notebook) if level == 1]
    if len(top) != 1 or not notebook.cells[0].source.startswith("# "):
        yield f"there are {len(top)} headings of level 1; one is wanted, in the first cell"
    elif top[0].split()[0] not in VERBS:
        yield f"the title '{top[0]}' does not begin with one of {', '.join(sorted(VERBS))}"


def heading_levels(notebook: NotebookNode) -> Iterator[str]:
    """No heading is more than one level below the one before it."""
    for (before, _), (level, text) in pairwise([(0, ""), *_headings(notebook)]):
        if level > before + 1:
            yield f"the heading '{text}' jumps from level {before} to {level}"


def sections(notebook: NotebookNode) -> Iterator[str]:
    """The sections that a learner looks for are there, in their order."""
    texts = [text for _, text in _headings(notebook)]
    found = [next((place for place, text in enumerate(texts) if text.startswith(name)), None) for name in SECTIONS]
    yield from (f"there is no section '{name}'" for name, place in zip(SECTIONS, found, strict=True) if place is None)
    places = [place for place in found if place is not None]
    if places != sorted(places):
        yield f"the sections are not in the order {', '.join(SECTIONS)}"


def where_we_are(notebook: NotebookNode) -> Iterator[str]:
    """The first cell shows the map of the chain, on which the lessons of a stage mark where we are."""
    if not any(token.type == "image" for token in _flat(notebook.cells[0])):
        yield "the first cell has no picture of where we are in the chain"


def exercises(notebook: NotebookNode) -> Iterator[str]:
    """There are two or three exercises, each followed by a folded solution that is judged in the same way."""
    found = [cell for cell in _code(notebook) if "exercise" in _tags(cell)]
    if len(found) not in EXERCISES:
        yield f"there are {len(found)} exercises; {EXERCISES[0]} or {EXERCISES[1]} are wanted"
    for cell in found:
        judged = _calls_of_exercise(cell.source)
        if len(judged) != 1:
            yield f"{cell.id} is to call exercise() once"
        elif _calls_of_exercise(find_solution(notebook, cell)) != judged:
            yield f"no folded solution with the same call of exercise() follows {cell.id}"


def grades(notebook: NotebookNode) -> Iterator[str]:
    """Each exercise says how hard it is; they begin with the easiest grade and rise to the hardest."""
    exercises = sum("exercise" in _tags(cell) for cell in _code(notebook))
    stars = [len(grade) for cell in _markdown(notebook) for grade in GRADE.findall(cell.source)]
    if len(stars) != exercises:
        yield f"{len(stars)} tasks begin with their grade and a bold name; there are {exercises} exercises"
    elif stars != sorted(stars) or not {1, 3} <= set(stars):
        yield f"the grades are {stars}; they are to rise from one star to three"


def unsolved(notebook: NotebookNode) -> Iterator[str]:
    """No exercise is stored as solved: the learner would have nothing to do, and nbval would ask for that."""
    for cell in _code(notebook):
        lines = "\n".join(_texts(cell.outputs)).splitlines()
        if "exercise" in _tags(cell) and any(line.startswith("✓ ") for line in lines):
            yield f"{cell.id} is solved as it stands"


def setup(notebook: NotebookNode) -> Iterator[str]:
    """One cell holds the parameters, and the code cell after it is the one that sets the lesson up."""
    code = _code(notebook)
    parameters = [place for place, cell in enumerate(code) if "parameters" in _tags(cell)]
    setups = [place for place, cell in enumerate(code) if "from deploykit.notebook import" in cell.source]
    if len(parameters) != 1:
        yield f"{len(parameters)} cells are tagged 'parameters'; one is wanted"
    elif setups != [parameters[0] + 1]:
        yield "deploykit.notebook is to be imported once, in the code cell after the parameters"


def kernel(notebook: NotebookNode) -> Iterator[str]:
    """The kernel is the one that every Python environment has."""
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"the kernel is {name}, not python3"


def alternative_texts(notebook: NotebookNode) -> Iterator[str]:
    """Every image says in words what it shows."""
    for cell in _markdown(notebook):
        tokens = _flat(cell)
        if any(token.type == "image" and not token.content.strip() for token in tokens):
            yield f"an image of {cell.id} has no alternative text"
        html = " ".join(token.content for token in tokens if token.type in ("html_inline", "html_block"))
        if any(not re.search(r"""\balt=(["'])(?!\s*\1)""", tag) for tag in re.findall(r"<img\b[^>]*>", html)):
            yield f"an <img> of {cell.id} has no alternative text"


def described_pictures(notebook: NotebookNode) -> Iterator[str]:
    """Every picture that a cell shows says in words what it shows, and is opaque: legible in light and dark themes."""
    for cell in _code(notebook):
        for output in cell.outputs:
            picture = output.get("data", {}).get("image/png")
            if picture and not output.metadata.get("image/png", {}).get("alt"):
                yield f"a picture of {cell.id} has no alternative text: give the axes a title, or the figure a label"
            if picture and _is_transparent(picture):
                yield f"a picture of {cell.id} lets the background through"


def counts(notebook: NotebookNode) -> Iterator[str]:
    """Cells count from 1 to n without a gap; nbval silently checks nothing of a cell without a count."""
    run = [cell for cell in _code(notebook) if "nbval-skip" not in _tags(cell)]
    yield from (
        f"{cell.id} has no execution count: nbval would not check it" for cell in run if cell.execution_count is None
    )
    found = [cell.execution_count for cell in run if cell.execution_count is not None]
    if found != list(range(1, len(found) + 1)):
        yield f"the execution counts are {found}: type python -m deploykit refresh"


def shell_calls(notebook: NotebookNode) -> Iterator[str]:
    """No command is called in a way in which its failure goes unnoticed."""
    for cell in _code(notebook):
        if SHELL_CALL.search(TransformerManager().transform_cell(cell.source)):
            yield f"{cell.id} calls the shell, which hides failures: use run()"


def tags(notebook: NotebookNode) -> Iterator[str]:
    """What one tool skips the other skips, and no failing cell is passed over, which papermill cannot do."""
    for cell in _code(notebook):
        if len({"skip-execution", "nbval-skip"} & set(_tags(cell))) == 1:
            yield f"{cell.id} needs both tags, skip-execution and nbval-skip"
        if "raises-exception" in _tags(cell):
            yield f"{cell.id} is tagged raises-exception, at which papermill stops: catch the error instead"


def ignored_outputs(notebook: NotebookNode) -> Iterator[str]:
    """What is not compared is asserted soon after."""
    code = _code(notebook)
    for place, cell in enumerate(code):
        following = code[place + 1 : place + 1 + ASSERT_WITHIN]
        if "nbval-ignore-output" in _tags(cell) and not any(ASSERTION.search(later.source) for later in following):
            yield f"nothing asserts what {cell.id} did: its output is ignored"


def machine_paths(notebook: NotebookNode) -> Iterator[str]:
    """No output names a folder of the machine that made it, and with it no user."""
    for cell in _code(notebook):
        if found := MACHINE_PATH.search("\n".join(_texts(cell.outputs))):
            yield f"an output of {cell.id} names {found.group()}"


def number_of_cells(notebook: NotebookNode) -> Iterator[str]:
    """A notebook is a lesson, neither a remark nor a book; the files that it writes do not count."""
    number = sum(not cell.source.startswith("%%writefile") for cell in notebook.cells)
    if number not in CELLS:
        yield f"there are {number} cells; {CELLS.start} to {CELLS.stop - 1} are wanted"


def code_lengths(notebook: NotebookNode) -> Iterator[str]:
    """A code cell holds one thought; only a file that it writes may be longer."""
    for cell in _code(notebook):
        lines = len(cell.source.splitlines())
        allowed = EXERCISE_LINES if "exercise" in _tags(cell) else CODE_LINES
        if lines > allowed and not cell.source.startswith("%%writefile"):
            yield f"{cell.id} has {lines} lines; at most {allowed} are wanted"


def line_widths(notebook: NotebookNode) -> Iterator[str]:
    """No line of a lesson's own code is cut off on a small screen; files are as wide as the kit's style allows."""
    for cell in _code(notebook):
        widest = max(map(len, cell.source.splitlines()), default=0)
        if widest > LINE_WIDTH and not cell.source.startswith("%%writefile"):
            yield f"{cell.id} has a line of {widest} characters; at most {LINE_WIDTH} are wanted"


def prose_lengths(notebook: NotebookNode) -> Iterator[str]:
    """A markdown cell is read in half a minute."""
    for cell in _markdown(notebook):
        if (words := _words(cell)) > PROSE_WORDS:
            yield f"{cell.id} has {words} words; at most {PROSE_WORDS} are wanted"


def ids(notebook: NotebookNode) -> Iterator[str]:
    """Every cell has an id of its own."""
    found = [cell.get("id") for cell in notebook.cells]
    if None in found or len(set(found)) < len(found):
        yield "cells lack ids or share them: type python -m deploykit refresh"


RULES = (
    title, heading_levels, sections, where_we_are, exercises, grades, unsolved, setup, kernel, alternative_texts,
    described_pictures, counts, shell_calls, tags, ignored_outputs, machine_paths, number_of_cells, code_lengths,
    line_widths, prose_lengths, ids,
)  # fmt: skip


def notebooks(folder: Path) -> list[Path]:
    """Return the lessons in a folder of notebooks: the start page, and those in a stage."""
    return sorted([*folder.glob("[0-9][0-9]_*.ipynb"), *folder.glob("[0-9][0-9]_*/*.ipynb")])


def find_solution(notebook: NotebookNode, exercise: NotebookNode) -> str:
    """Return the code that the cell after an exercise folds away, or an empty string."""
    following = notebook.cells[notebook.cells.index(exercise) + 1 :][:1]
    found = SOLUTION.search(following[0].source) if following else None
    return found[1] if found else ""


def _calls_of_exercise(source: str) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if ast.unparse(call.func) == "exercise"]


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _markdown(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    found = []
    for cell in _markdown(notebook):
        tokens = MarkdownIt().parse(cell.source)
        found += [(int(one.tag[1]), two.content) for one, two in pairwise(tokens) if one.type == "heading_open"]
    return found


def _flat(cell: NotebookNode) -> list[Token]:
    tokens = MarkdownIt().parse(cell.source)
    return [*tokens, *(child for token in tokens for child in token.children or [])]


def _is_transparent(png: str) -> bool:
    picture = Image.open(BytesIO(b64decode(png))).convert("RGBA")
    return picture.getchannel("A").getextrema()[0] < OPAQUE


def _words(cell: NotebookNode) -> int:
    """Count the words of prose: not those of tables, code blocks and HTML."""
    tokens = MarkdownIt("commonmark").enable("table").parse(cell.source)
    prose = [
        two.content for one, two in pairwise(tokens) if two.type == "inline" and one.type not in ("th_open", "td_open")
    ]
    return sum(len(text.split()) for text in prose)


def _texts(value: object) -> Iterator[str]:
    """Give every text in a cell's outputs, images left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("image/"):
                yield from _texts(item)
