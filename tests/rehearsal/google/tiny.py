"""The image of the tests' own web server."""

import io
from pathlib import Path

from deploykit import base_image, engine
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import disk_files, labels
from tests.rehearsal.google import tiny_server

DOCKERFILE = f"""
FROM {base_image.NAME}
LABEL test=tiny-{CLONE_ID}
COPY tiny_server.py /
CMD ["python", "/tiny_server.py"]
"""


def files() -> dict[str, bytes]:
    """Return what the image is built from: its Dockerfile and the program."""
    base_image.ensure()
    return {"Dockerfile": DOCKERFILE.encode(), "tiny_server.py": Path(tiny_server.__file__).read_bytes()}


def build(name: str) -> str:
    """Build it with a name, and return the name."""
    context = io.BytesIO(disk_files.archive(files()))
    engine.client().images.build(fileobj=context, custom_context=True, tag=name, labels=labels.of("google"), rm=True)
    return name
