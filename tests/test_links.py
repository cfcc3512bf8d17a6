"""Every link and picture within the repository leads somewhere, and so does every link to a heading."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

from deploykit.paths import NOTEBOOKS, ROOT

PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("data/**/*.md"),
    *NOTEBOOKS.glob("*.md"),
    *(file for file in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts),
]
TARGET = re.compile(r"\]\(([^)\s]+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(page: Path) -> str:
    """Return the text of a page, of a notebook its markdown."""
    if page.suffix != ".ipynb":
        return page.read_text(encoding="utf-8")
    return "\n".join(cell.source for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "markdown")


def anchors(page: Path) -> set[str]:
    """Return the names by which links reach the headings of a page, as GitHub and JupyterLab make them."""
    spoken = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page))]
    return {heading.replace(" ", "-") for heading in spoken}


def leads_nowhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    return not file.exists() or bool(anchor) and anchor.lower() not in anchors(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page):
    inside = [target for target in TARGET.findall(prose(page)) if "://" not in target]
    assert [target for target in inside if leads_nowhere(page, target)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_the_world_are_whole_and_safe(page):
    outside = [urlsplit(target) for target in TARGET.findall(prose(page)) if "://" in target]
    assert [link.geturl() for link in outside if link.scheme != "https" or "." not in link.netloc] == []
