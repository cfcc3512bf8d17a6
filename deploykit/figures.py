"""What matplotlib's figures show, in words, for those who do not see them: stored with the picture as its ``alt``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def describe_all() -> None:
    """Give every figure that this kernel displays an alternative text."""
    if shell := get_ipython():
        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type_by_name("matplotlib.figure", "Figure", _add_text)


def alternative_text(figure: "Figure") -> str:
    """Return the figure's label if it was given one, otherwise its titles, axes and legends."""
    return str(figure.get_label()) or "; ".join(filter(None, [figure.get_suptitle(), *map(_describe, figure.axes)]))


def _add_text(figure: "Figure", **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"image/png": {"alt": alternative_text(figure)}}


def _describe(axes: "Axes") -> str:
    legend = axes.get_legend()
    series = [text.get_text() for text in legend.get_texts()] if legend else []
    sides = _joined([axes.get_ylabel(), axes.get_xlabel()], " by ")
    return _joined([axes.get_title(), sides, _joined(series, ", ")], ": ")


def _joined(words: Iterable[str], separator: str) -> str:
    return separator.join(filter(None, words))
