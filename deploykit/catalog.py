"""The kit's notebooks: which there are, which stand on which, and what each needs from the machine."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from deploykit.errors import KitError
from deploykit.paths import NOTEBOOKS


@dataclass(frozen=True)
class Notebook:
    """One notebook.

    Attributes:
        path: its file below ``folder``, without the suffix; also its name.
        tracks: the tracks that it belongs to.
        after: the notebooks whose results it uses.
        needs: what the machine must offer beside Python, its predecessors' needs included; see :mod:`deploykit.needs`.
    """

    path: str
    tracks: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    folder: Path = NOTEBOOKS

    @property
    def file(self) -> Path:
        """The notebook's file."""
        return self.folder / f"{self.path}.ipynb"

    @property
    def stage(self) -> str:
        """The folder that it lies in, such as ``02_serve``; the start page is a stage of its own."""
        return self.path.split("/")[0]

    @property
    def title(self) -> str:
        """The heading of its first cell."""
        first = json.loads(self.file.read_text(encoding="utf-8"))["cells"][0]["source"]
        return "".join(first).splitlines()[0].lstrip("# ")


CATALOG = (
    Notebook("00_start_here"),
    # heart_function compares the containers of all five services, so its track trains all models.
    Notebook("01_train/iris", tracks=("iris_flask", "iris_streamlit", "heart_function")),
    Notebook("01_train/ner", tracks=("ner_fastapi", "heart_function")),
    Notebook("01_train/yolo", tracks=("yolo_flask", "heart_function")),
    Notebook("01_train/heart", tracks=("heart_function",)),
    Notebook("02_serve/iris_flask", tracks=("iris_flask",), after=("01_train/iris",)),
    Notebook("02_serve/iris_streamlit", tracks=("iris_streamlit",), after=("01_train/iris",), needs=("browser",)),
    Notebook("02_serve/ner_fastapi", tracks=("ner_fastapi",), after=("01_train/ner",), needs=("browser",)),
    Notebook("02_serve/yolo_flask", tracks=("yolo_flask",), after=("01_train/yolo",)),
    Notebook("02_serve/heart_function", tracks=("heart_function",), after=("01_train/heart",)),
    Notebook("02_serve/heart_in_bulk", tracks=("heart_function",), after=("01_train/heart",)),
    Notebook("03_containerize/iris_flask", tracks=("iris_flask",), after=("02_serve/iris_flask",), needs=("docker",)),
    Notebook(
        "03_containerize/iris_streamlit",
        tracks=("iris_streamlit",),
        after=("02_serve/iris_streamlit",),
        needs=("docker", "browser"),
    ),
    Notebook(
        "03_containerize/ner_fastapi",
        tracks=("ner_fastapi",),
        after=("02_serve/ner_fastapi",),
        needs=("docker", "browser"),
    ),
    Notebook("03_containerize/yolo_flask", tracks=("yolo_flask",), after=("02_serve/yolo_flask",), needs=("docker",)),
    Notebook(
        "03_containerize/heart_function",
        tracks=("heart_function",),
        after=("02_serve/heart_function", "01_train/iris", "01_train/ner", "01_train/yolo"),
        needs=("docker",),
    ),
    Notebook(
        "04_deploy/iris_flask_on_ec2",
        tracks=("iris_flask",),
        after=("03_containerize/iris_flask",),
        needs=("docker", "aws", "ssh"),
    ),
    Notebook(
        "04_deploy/iris_streamlit_on_app_engine",
        tracks=("iris_streamlit",),
        after=("02_serve/iris_streamlit",),
        needs=("docker", "gcloud", "browser"),
    ),
    Notebook(
        "04_deploy/ner_fastapi_on_cloud_run",
        tracks=("ner_fastapi",),
        after=("02_serve/ner_fastapi",),
        needs=("docker", "gcloud", "browser"),
    ),
    Notebook(
        "04_deploy/yolo_flask_on_compute_engine",
        tracks=("yolo_flask",),
        after=("02_serve/yolo_flask",),
        needs=("docker", "gcloud", "ssh"),
    ),
    Notebook(
        "04_deploy/heart_function_on_cloud_functions",
        tracks=("heart_function",),
        after=("02_serve/heart_function",),
        needs=("docker", "gcloud"),
    ),
)


def select(*, track: str = "", stage: str = "", notebooks: Iterable[Notebook] = CATALOG) -> list[Notebook]:
    """Return the notebooks of a track and a stage, in an order in which they can run.

    A stage is given as its folder or its number: ``02_serve`` or ``02``. What the selection stands on is taken as done.

    Raises:
        KitError: there is no such track or stage, or no notebook is in both.
    """
    known = in_order(notebooks)
    _refuse_unknown("track", track, {name for notebook in known for name in notebook.tracks})
    _refuse_unknown("stage", stage, {name for notebook in known for name in (notebook.stage, notebook.stage[:2])})
    found = [
        notebook
        for notebook in known
        if (not track or track in notebook.tracks) and stage in ("", notebook.stage, notebook.stage[:2])
    ]
    if not found:
        raise KitError(f"Track {track} has no notebook in stage {stage}.", "Leave one of the two out.")
    return found


def in_order(notebooks: Iterable[Notebook]) -> list[Notebook]:
    """Sort notebooks so that each comes after those that it stands on."""
    by_path = {notebook.path: notebook for notebook in notebooks}
    return [by_path[path] for path in TopologicalSorter(graph(by_path.values())).static_order()]


def graph(notebooks: Iterable[Notebook]) -> dict[str, list[str]]:
    """Return which of the notebooks each one waits for; those outside the selection are left out."""
    notebooks = list(notebooks)
    paths = {notebook.path for notebook in notebooks}
    return {notebook.path: [path for path in notebook.after if path in paths] for notebook in notebooks}


def _refuse_unknown(what: str, name: str, known: set[str]) -> None:
    if name and name not in known:
        raise KitError(f"There is no {what} called '{name}'.", f"There are: {', '.join(sorted(known))}")
