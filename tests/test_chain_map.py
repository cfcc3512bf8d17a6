"""The map shows each notebook of the catalog's tracks, and an arrow for each that another one stands on."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import same_color

from deploykit import catalog, chain_map


@pytest.fixture
def drawn(monkeypatch):
    """Draw the map of a track, and close it in the end."""
    plt.switch_backend("agg")
    yield lambda track: chain_map.draw(track).axes[0]
    plt.close("all")


def test_every_notebook_has_a_box_and_every_dependency_an_arrow(drawn):
    axes = drawn("")
    notebooks = [notebook for notebook in catalog.CATALOG if notebook.tracks]
    names = {text.get_text().replace("\non ", "_on_") for text in axes.texts}
    assert {notebook.path.split("/")[1] for notebook in notebooks} <= names
    assert len(axes.patches) == len(notebooks)
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == sum(len(notebook.after) for notebook in notebooks)


def test_boxes_of_the_track_alone_are_marked(drawn):
    axes = drawn("iris_flask")
    marked = [box for box in axes.patches if same_color(box.get_edgecolor(), chain_map.BLUE)]
    assert len(marked) == len(catalog.select(track="iris_flask"))


def test_no_two_boxes_overlap(drawn):
    corners = sorted(box.get_xy() for box in drawn("").patches)
    distances = [above[1] - below[1] for below, above in pairwise(corners) if below[0] == above[0]]
    assert min(distances) > chain_map.HEIGHT
