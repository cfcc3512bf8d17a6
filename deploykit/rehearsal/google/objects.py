"""Cloud Storage's objects: files below the cloud's folder, and what is known of each in its store."""

import base64
import hashlib
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context

KIND = "object"


def path(context: Context, bucket: str, name: str) -> Path:
    """Return the file that holds an object's bytes; names of objects may hold anything, so their hash names it."""
    return context.folder / "objects" / hashlib.sha256(f"{bucket}/{name}".encode()).hexdigest()


def put(context: Context, bucket: str, name: str, content: bytes | Path, *, content_type: str = "") -> dict:
    """Write an object, new or not, and return what Google says of it.

    Args:
        content: its bytes, or a file that becomes the object.
    """
    file = path(context, bucket, name)
    file.parent.mkdir(exist_ok=True, mode=0o700)
    if isinstance(content, Path):
        content.replace(file)
    else:
        part = file.with_name(f"{file.name}.{time.time_ns()}.part")
        part.write_bytes(content)
        part.replace(file)
    return refresh(context, bucket, name, content_type=content_type or "application/octet-stream")


def refresh(context: Context, bucket: str, name: str, *, content_type: str) -> dict:
    """Bring what is known of an object up to date with its file."""
    file, moment = path(context, bucket, name), now()
    generation = str(time.time_ns() // 1000)
    address = f"storage/v1/b/{bucket}/o/{quote(name, safe='')}"
    resource = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "name": name,
        "bucket": bucket,
        "selfLink": f"https://www.googleapis.com/{address}",
        "mediaLink": f"https://storage.googleapis.com/download/{address}?generation={generation}&alt=media",
        "generation": generation,
        "metageneration": "1",
        "contentType": content_type,
        "storageClass": "STANDARD",
        "size": str(file.stat().st_size),
        "md5Hash": _md5(file),
        "etag": base64.b64encode(generation.encode()).decode(),
        "timeCreated": moment,
        "updated": moment,
    }
    context.store.put(KIND, f"{bucket}/{name}", resource)
    return resource


def get(context: Context, bucket: str, name: str) -> dict | None:
    """Return what is known of an object, or None."""
    return context.store.get(KIND, f"{bucket}/{name}")


def listing(context: Context, bucket: str, *, prefix: str = "") -> Iterable[dict]:
    """Return what is known of a bucket's objects whose names begin with ``prefix``, by name."""
    found = context.store.list(KIND, f"{bucket}/{prefix}")
    return [found[name] for name in sorted(found)]


def delete(context: Context, bucket: str, name: str) -> bool:
    """Remove an object and tell whether there was one."""
    path(context, bucket, name).unlink(missing_ok=True)
    return context.store.delete(KIND, f"{bucket}/{name}")


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return base64.b64encode(hashlib.file_digest(opened, "md5").digest()).decode()
