"""Files: their fingerprint, and writing them whole."""

import hashlib
import threading
from pathlib import Path


def sha256(file: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_atomically(file: Path, content: bytes) -> None:
    """Write a file whole or not at all: a full disk or a Ctrl-C leaves the old one as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{threading.get_native_id()}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
