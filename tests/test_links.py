"""Every link and picture within the repository leads somewhere."""

import re
from pathlib import Path

import nbformat
import pytest

from deploykit.paths import NOTEBOOKS, ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("data/**/*.md"), *NOTEBOOKS.glob("*/*.ipynb")]
TARGET = re.compile(r"\]\(([^)#\s]+)")


def prose(page: Path) -> str:
    """Return the text of a page, of a notebook its markdown."""
    if page.suffix != ".ipynb":
        return page.read_text(encoding="utf-8")
    return "\n".join(cell.source for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page):
    inside = [target for target in TARGET.findall(prose(page)) if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []
