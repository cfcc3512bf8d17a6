"""Bring a notebook into the one form in which it is stored, so that a diff shows only what really changed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
TRANSIENT = {r"\S*ipykernel_\d+[\\/]\d+\.py": "<cell>", r"0x[0-9a-f]{6,}": "0x000000"}
"""What differs between two runs and says nothing: the file that a cell is compiled as, and addresses in memory."""

Patterns = dict[str, str]


def name_cells(document: dict[str, Any]) -> None:
    """Give each cell without an id, or with one that was used before, an id made from its first line."""
    taken: set[str] = set()
    for cell in document["cells"]:
        if cell.get("id") in {None, *taken}:
            cell["id"] = _free_id(cell, taken | {other.get("id") for other in document["cells"]})
        taken.add(cell["id"])
    document.update(nbformat=4, nbformat_minor=5)


def normalise(notebook: NotebookNode) -> None:
    """Reduce metadata to what the kit uses, and outputs to what a reader sees."""
    notebook.metadata = NotebookNode(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = _map_text(cell.outputs, lambda text: _replace(text, TRANSIENT))


def keep_equal_outputs(fresh: NotebookNode, stored: NotebookNode, overlooked: Patterns) -> None:
    """Keep the stored outputs if the fresh ones differ only in what nbval overlooks, such as a port or a duration.

    All of them or none: outputs of two runs would contradict each other, a number its picture, a port the next cell's.
    """
    earlier = {cell.id: cell for cell in stored.cells if cell.cell_type == "code" and cell.execution_count}
    ran = [cell for cell in fresh.cells if cell.cell_type == "code" and cell.execution_count]
    if all(cell.id in earlier and _are_equal(earlier[cell.id], cell, overlooked) for cell in ran):
        for cell in ran:
            cell.outputs = earlier[cell.id].outputs


def number_cells(notebook: NotebookNode) -> None:
    """Count the cells that ran from 1 to n; those that were skipped keep neither count nor outputs."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        skipped = "skip-execution" in cell.metadata.get("tags", []) or not cell.source.strip()
        count += not skipped
        cell.execution_count = None if skipped else count
        cell.outputs = [] if skipped else cell.outputs
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def read_sanitizer(file: Path) -> Patterns:
    """Read nbval's sanitizer file: ``regex:`` and ``replace:`` on lines that follow each other."""
    return dict(re.findall(r"^regex: (.*)\n^replace: (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE))


def _free_id(cell: dict[str, Any], taken: set[str | None]) -> str:
    words = "".join(cell["source"]).strip().partition("\n")[0].lower()
    stem = re.sub(r"[^a-z0-9]+", "-", words)[:40].strip("-") or cell["cell_type"]
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _are_equal(before: NotebookNode, cell: NotebookNode, overlooked: Patterns) -> bool:
    patterns = dict(overlooked)
    if "nbval-ignore-output" in cell.metadata.get("tags", []):
        patterns[r"\b[0-9a-f]{8,}\b|\d[\d.,:]*"] = "N"
    return bool(_comparable(before.outputs, patterns) == _comparable(cell.outputs, patterns))


def _comparable(outputs: list[NotebookNode], patterns: Patterns) -> Any:
    uncounted = [{key: value for key, value in output.items() if key != "execution_count"} for output in outputs]
    return _map_text(uncounted, lambda text: _replace(text, patterns))


def _map_text(value: Any, change: Callable[[str], str]) -> Any:
    """Apply a change to every text inside, but not to an image's base64."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_text(item, change) for item in value]
    if isinstance(value, dict):
        changed = {key: item if key.startswith("image/") else _map_text(item, change) for key, item in value.items()}
        return NotebookNode(changed)
    return value


def _replace(text: str, patterns: Patterns) -> str:
    for pattern, replacement in patterns.items():
        text = re.sub(pattern, replacement, text)
    return text
