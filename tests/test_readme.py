"""What the README, the glossary and the table of notebooks say agrees with what the kit does."""

import ast
import re

import pytest

from deploykit.catalog import CATALOG, Notebook
from deploykit.paths import NOTEBOOKS, ROOT
from tests.test_links import prose

README = prose(ROOT / "README.md")
QUESTIONS = re.findall(r"^\| `([^`]+)` \|", README.split("## When something goes wrong")[1], re.MULTILINE)
"""The messages of the FAQ that are the kit's own; those of other programs say so after the message."""

TERMS = re.findall(r"^## (.+)\n\n.*Met in \[.+\]\((.+)\)\.$", prose(NOTEBOOKS / "GLOSSARY.md"), re.MULTILINE)


START = CATALOG[0]
BY_PATH = {notebook.path: notebook for notebook in CATALOG}
NO_PROSE = re.compile(
    r"<details>.*?</details>|```.*?```|`[^`]*`|\[[^]]*\]\([^)]*\)|^#.*?$|^\|.*?$", re.DOTALL | re.MULTILINE
)
ANOTHER_MEANING = {("01_train/yolo", "Layer"), ("02_serve/heart_in_bulk", "Batch")}
"""There a layer is one of a neural network, and Batch a product."""

ENOUGH_WORDS = 12
"""How many letters a text must have beside its placeholders: `{cause} {hint}` would be found in everything."""


def messages() -> list[re.Pattern]:
    """Return the first line of every text in the kit's code, its placeholders open."""
    nodes = [node for file in (ROOT / "deploykit").rglob("*.py") for node in ast.walk(ast.parse(file.read_bytes()))]
    texts = [as_pattern(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)]
    return [re.compile(text) for text in texts if text]


def as_pattern(node: ast.Constant | ast.JoinedStr) -> str:
    values = node.values if isinstance(node, ast.JoinedStr) else [node]
    parts = [str(part.value) if isinstance(part, ast.Constant) else "\0" for part in values]
    words = "".join(parts).partition("\n")[0].split("\0")
    return ".+".join(map(re.escape, words)) if len("".join(words)) >= ENOUGH_WORDS else ""


MESSAGES = messages()


@pytest.mark.parametrize("message", QUESTIONS)
def test_the_faq_quotes_what_the_kit_really_says(message):
    assert any(pattern.fullmatch(message) for pattern in MESSAGES)


def test_the_faq_is_long_enough_and_made_up_messages_are_found():
    assert len(QUESTIONS) >= 15
    assert not any(pattern.fullmatch("There is no cake 'iris' yet.") for pattern in MESSAGES)


@pytest.mark.parametrize("notebook", CATALOG, ids=lambda notebook: notebook.path)
def test_the_readme_lists_every_notebook(notebook):
    assert f"](notebooks/{notebook.path}.ipynb)" in README


@pytest.mark.parametrize("notebook", CATALOG, ids=lambda notebook: notebook.path)
def test_the_readme_says_how_long_a_notebook_takes_to_read_as_the_notebook_does(notebook):
    [minutes] = re.findall(rf"\(notebooks/{notebook.path}\.ipynb\) \|[^|]*\| (\d+) min \|", README)
    assert f" {minutes} minutes of reading" in prose(notebook.file)


@pytest.mark.parametrize(
    "notebook", [one for one in CATALOG if one.stage == "04_deploy"], ids=lambda notebook: notebook.path
)
def test_the_readme_tells_the_cost_that_the_notebook_estimates(notebook):
    [dollars, unit] = re.findall(rf"{notebook.path}\.ipynb\) \|[^|]*\|[^|]*\| \$(\S+) (?:a|an) (\w+)", README)[0]
    estimates = re.findall(rf"\$(\d\S*) per {unit}", notebook.file.read_text(encoding="utf-8"))
    assert dollars in [f"{float(estimate):.2f}" for estimate in estimates]


@pytest.mark.parametrize(("term", "notebook"), TERMS, ids=[term for term, _ in TERMS])
def test_a_word_of_the_glossary_is_linked_where_it_is_met(term, notebook):
    anchor = term.lower().replace(" ", "-")
    linked = re.findall(rf"\[([^]]+)\]\([./]*GLOSSARY\.md#{anchor}\)", prose(NOTEBOOKS / notebook))
    assert [word for word in linked if word.lower().removesuffix("s") == term.lower().removesuffix("s")]


def linked_terms(notebook: Notebook) -> set[str]:
    """Return the anchors of the words that a lesson, or one that its reader has read before, links."""
    read = [START, notebook, *(BY_PATH[path] for path in notebook.after)]
    own = set(re.findall(r"GLOSSARY\.md#([\w-]+)", "".join(prose(one.file) for one in read)))
    return own.union(*(linked_terms(BY_PATH[path]) for path in notebook.after))


@pytest.mark.parametrize("notebook", [one for one in CATALOG if one.stage < "04"], ids=lambda notebook: notebook.path)
def test_a_word_of_the_glossary_is_linked_at_its_first_use(notebook):
    linked, text = linked_terms(notebook), NO_PROSE.sub("", prose(notebook.file))
    unlinked = [term for term, _ in TERMS if term.lower().replace(" ", "-") not in linked]
    used = [term for term in unlinked if re.search(rf"\b{term}(s|es)?\b", text, re.IGNORECASE)]
    assert [term for term in used if (notebook.path, term) not in ANOTHER_MEANING] == []


def test_the_glossary_is_in_order_and_each_entry_says_where_it_is_met():
    headings = re.findall(r"^## (.+)$", prose(NOTEBOOKS / "GLOSSARY.md"), re.MULTILINE)
    assert headings == [term for term, _ in TERMS] == sorted(headings, key=str.lower)
