"""An image for another processor, as a build on an Apple silicon Mac leaves it: small, and it does not start here."""

import hashlib
import io
import json
import struct
import tarfile

from deploykit import engine
from deploykit.containers import CLONE
from deploykit.paths import CLONE_ID

PROGRAMS = {
    "arm64": (183, "000080d2 a80b80d2 010000d4"),  # mov x0, 0; mov x8, 93; svc 0
    "amd64": (62, "31ff b83c000000 0f05"),  # xor edi, edi; mov eax, 60; syscall
}
"""For each processor its number in an ELF header, and machine code that ends with status 0 on Linux."""

HEADER_BYTES, SEGMENT_BYTES, ADDRESS, PAGE = 64, 56, 0x400000, 0x1000


def make(name: str) -> str:
    """Load an image into the engine whose one program is for the processor that this machine does not have.

    Returns:
        the platform that it was made for, such as ``linux/arm64``.
    """
    other = "amd64" if engine.client().version()["Arch"] == "arm64" else "arm64"
    engine.client().images.load(_archive(name, other))
    return f"linux/{other}"


def _archive(name: str, processor: str) -> bytes:
    """Return an image in the form in which ``docker save`` writes it."""
    layer = _tar({"service": _program(processor)})
    config = {
        "architecture": processor,
        "os": "linux",
        "config": {"Cmd": ["/service"], "Labels": {CLONE: CLONE_ID}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    return _tar(
        {
            "manifest.json": json.dumps(manifest).encode(),
            "config.json": json.dumps(config).encode(),
            "layer.tar": layer,
        }
    )


def _program(processor: str) -> bytes:
    """Return the smallest program in Linux's format: a header, one segment that is loaded, and its code."""
    machine, code = PROGRAMS[processor]
    headers = HEADER_BYTES + SEGMENT_BYTES
    instructions = bytes.fromhex(code)
    size = headers + len(instructions)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, ADDRESS + headers, HEADER_BYTES, 0, 0, HEADER_BYTES, SEGMENT_BYTES, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, ADDRESS, size, size, PAGE)
    return identity + header + segment + instructions


def _tar(files: dict[str, bytes]) -> bytes:
    """Pack files that may be run."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
