"""A figure says in words what it shows."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from deploykit import figures


@pytest.fixture
def figure() -> Figure:
    """Draw two lines with everything that a reader needs."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [[3, 4], [5, 6]], label=["precision", "recall"])
    axes.set(title="A threshold", xlabel="confidence", ylabel="share")
    axes.legend()
    return figure


def test_title_axes_and_legend_are_the_text(figure):
    assert figures.alternative_text(figure) == "A threshold: share by confidence: precision, recall"


def test_a_label_given_by_the_author_goes_first(figure):
    figure.set_label("Recall falls as the threshold rises")
    assert figures.alternative_text(figure) == "Recall falls as the threshold rises"


def test_several_pictures_in_one_figure_are_all_named():
    figure = Figure()
    for axes, title in zip(figure.subplots(1, 3), ["cup", "", "tie"], strict=True):
        axes.set_title(title)
    assert figures.alternative_text(figure) == "cup; tie"


def test_a_kernel_stores_the_text_beside_the_picture(figure, monkeypatch):
    shell = InteractiveShell.instance()
    monkeypatch.setattr(figures, "get_ipython", lambda: shell)
    figures.describe_all()
    _, metadata = shell.display_formatter.format(figure)
    assert metadata["image/png"] == {"alt": figures.alternative_text(figure)}
    InteractiveShell.clear_instance()
