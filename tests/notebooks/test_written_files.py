"""The services in app_src/ are what the notebooks write, byte for byte, and nothing else."""

import nbformat
import pytest

from deploykit.paths import NOTEBOOKS, ROOT

MAGIC = "%%writefile "
# Cut from the lock by `python -m deploykit lock`; scikit-learn's iris data, which a cell saves.
GENERATED = {"requirements.txt", "flowers.csv"}
NOT_COMMITTED = {"model", "__pycache__"}


def written_files(below: str) -> dict[str, str]:
    """Return what the notebooks write below a folder: path to content, as %%writefile would leave it."""
    files = {}
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            first, _, content = cell.source.partition("\n")
            if cell.cell_type == "code" and first.startswith(f"{MAGIC}{below}/"):
                files[first.removeprefix(MAGIC).strip()] = content if content.endswith("\n") else content + "\n"
    return files


WRITTEN = written_files("app_src")
ALL_WRITTEN = {**WRITTEN, **written_files("tests")}


@pytest.mark.parametrize("name", ALL_WRITTEN)
def test_a_notebook_writes_what_is_committed(name):
    assert (ROOT / name).read_text(encoding="utf-8") == ALL_WRITTEN[name]


def test_every_file_of_a_service_is_written_by_a_notebook():
    services = {name.split("/")[1] for name in WRITTEN}
    committed = {
        str(file.relative_to(ROOT))
        for service in services
        for file in (ROOT / "app_src" / service).rglob("*")
        if file.is_file() and file.name not in GENERATED and not NOT_COMMITTED & set(file.parts)
    }
    assert committed == set(WRITTEN)
