"""A picture of the chain, drawn from the catalog's graph: a box for each notebook, an arrow for what it stands on."""

from statistics import mean

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deploykit import catalog
from deploykit.catalog import Notebook

BLUE, GREY, INK = "#1f6feb", "#afb8c1", "#1f2328"
WIDTH, HEIGHT = 0.8, 0.62
"""The size of a box; columns and rows are one apart."""


def draw(track: str = "") -> Figure:
    """Draw the stages from left to right, the notebooks of the track marked; the page stays white in a dark theme."""
    notebooks = [notebook for notebook in catalog.CATALOG if notebook.tracks]
    places = _places(notebooks)
    figure, axes = plt.subplots(figsize=(10, 4.2), layout="constrained")
    for notebook in notebooks:
        for earlier in notebook.after:
            marked = all(track in one.tracks for one in notebooks if one.path in (earlier, notebook.path))
            _arrow(axes, places[earlier], places[notebook.path], BLUE if marked else GREY)
        _box(axes, notebook, places[notebook.path], marked=track in notebook.tracks)
    _frame(axes, places)
    way = ", ".join(notebook.path for notebook in notebooks if track in notebook.tracks)
    figure.set_label(f"The notebooks and which stands on which. Marked: {way or 'none'}")
    return figure


def _places(notebooks: list[Notebook]) -> dict[str, tuple[float, float]]:
    """Return where each notebook's box has its centre: a column for each stage, a row for each track.

    A model stands beside the middle of the notebooks that serve it; a second notebook of a track in the same stage
    stands below all rows.
    """
    stages = sorted({notebook.stage for notebook in notebooks})
    later = [notebook for notebook in notebooks if notebook.stage != stages[0]]
    tracks = list(dict.fromkeys(notebook.tracks[0] for notebook in later))
    places: dict[str, tuple[float, float]] = {}
    for notebook in later:
        column = stages.index(notebook.stage)
        beside = (column, -tracks.index(notebook.tracks[0]))
        below = (column, -len(tracks))
        places[notebook.path] = below if beside in places.values() else beside
    for notebook in notebooks:
        served = [places[one.path][1] for one in later if notebook.path in one.after and one.stage == stages[1]]
        places.setdefault(notebook.path, (0, mean(served or [0])))
    return places


def _box(axes: Axes, notebook: Notebook, place: tuple[float, float], *, marked: bool) -> None:
    x, y = place
    corner = (x - WIDTH / 2, y - HEIGHT / 2)
    edge, fill = (BLUE, "#ddf4ff") if marked else (GREY, "#f6f8fa")
    axes.add_patch(plt.Rectangle(corner, WIDTH, HEIGHT, facecolor=fill, edgecolor=edge, linewidth=1.5))
    name = notebook.path.split("/")[1].replace("_on_", "\non ")
    axes.text(x, y, name, ha="center", va="center", fontsize=11, color=INK)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow, behind the boxes that may lie between its ends."""
    ends = {"xytext": (start[0] + WIDTH / 2, start[1]), "xy": (end[0] - WIDTH / 2, end[1])}
    axes.annotate("", **ends, arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.5}, zorder=0)


def _frame(axes: Axes, places: dict[str, tuple[float, float]]) -> None:
    stages = sorted({(place[0], path.split("/")[0]) for path, place in places.items()})
    for x, stage in stages:
        axes.text(x, 0.75, stage, ha="center", fontsize=13, fontweight="bold", color=INK)
    axes.set(xlim=(-0.5, len(stages) - 0.5), ylim=(min(y for _, y in places.values()) - 0.5, 1.1))
    axes.axis("off")
