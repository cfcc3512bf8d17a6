"""Small notebooks for tests."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def write_notebook(file: Path, *sources: str, parameters: str = "", stored: list[str] | None = None) -> Path:
    """Write a notebook with a title, a parameters cell if given, and code cells.

    Args:
        stored: what each code cell printed when it was last run; without it the cells are stored as never run.
    """
    cells = [new_markdown_cell(f"# Run {file.stem}")]
    if parameters:
        cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for count, source in enumerate(sources, 1):
        cells.append(new_code_cell(source))
        if stored is not None:
            text = stored[count - 1]
            cells[-1].update(
                execution_count=count, outputs=[new_output("stream", name="stdout", text=text)] if text else []
            )
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), file)
    return file
