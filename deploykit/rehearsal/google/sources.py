"""The source of a build: an archive from Cloud Storage, unpacked so that nothing lands outside its folder."""

import tarfile
import zipfile
from pathlib import Path

from deploykit.rehearsal.google import errors, objects
from deploykit.rehearsal.google.context import Context

MAX_FILES = 20_000
MAX_BYTES = 2 * 2**30


def unpack(context: Context, source: dict, folder: Path) -> None:
    """Unpack an object of Cloud Storage into a folder.

    Raises:
        ApiError: there is no such object, it is no archive, or it is one that would do harm.
    """
    bucket, name = source.get("bucket", ""), source.get("object", "")
    if objects.get(context, bucket, name) is None:
        raise errors.not_found(f"could not resolve source: generic::not_found: No such object: {bucket}/{name}")
    file = objects.path(context, bucket, name)
    try:
        _unzip(file, folder) if zipfile.is_zipfile(file) else _untar(file, folder)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise errors.invalid(f"could not unpack the source gs://{bucket}/{name}: {error}") from None


def _untar(file: Path, folder: Path) -> None:
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        _check(len(members), sum(member.size for member in members))
        archive.extractall(folder, members, filter="data")


def _unzip(file: Path, folder: Path) -> None:
    """Unpack a zip file; ``extract`` strips drive letters and ``..`` from the names."""
    with zipfile.ZipFile(file) as archive:
        _check(len(archive.infolist()), sum(member.file_size for member in archive.infolist()))
        for member in archive.infolist():
            path = archive.extract(member, folder)
            if executable := (member.external_attr >> 16) & 0o111:
                Path(path).chmod(0o644 | executable)


def _check(files: int, size: int) -> None:
    if files > MAX_FILES or size > MAX_BYTES:
        raise errors.invalid(
            f"The source holds {files} files of {size} bytes; the rehearsal cloud takes {MAX_FILES} of {MAX_BYTES}."
        )
