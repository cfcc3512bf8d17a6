"""Uploads: taking multipart bodies apart, and addresses that were signed."""

import random

import pytest

from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.uploads import parse_multipart

BINARY = random.Random(2).randbytes(50_000) + b"\r\n--not-the-boundary\r\n\r\n\x00\x0b\x0c\x1c\x85\n"


def body(boundary: str, content: bytes, *, line_end: bytes) -> bytes:
    """Write what a client sends: an object's description, then its bytes."""
    lines = [
        b"--" + boundary.encode(), b"Content-Type: application/json", b"", b'{"name": "a/b.bin"}',
        b"--" + boundary.encode(), b"Content-Type: image/png", b"Content-Transfer-Encoding: binary", b"", content,
        b"--" + boundary.encode() + b"--", b"",
    ]  # fmt: skip
    return line_end.join(lines)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"x", BINARY], ids=["empty", "lf", "crlf", "one", "binary"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("header", ["boundary=abc", "boundary='=====1=='", 'boundary="=====1=="'])
def test_a_multipart_body_gives_the_bytes_back(content: bytes, line_end: bytes, header: str):
    boundary = header.partition("=")[2].strip("'\"")
    part = parse_multipart(f"multipart/related; {header}", body(boundary, content, line_end=line_end))
    assert (part.resource, part.content, part.content_type) == ({"name": "a/b.bin"}, content, "image/png")


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("multipart/related; boundary=abc", b"no parts"),
        ("multipart/related", b"--abc"),
        ("application/json", b"{}"),
        ("multipart/related; boundary=abc", b"--abc\n\n{}\n--abc--"),
        ("multipart/related; boundary=abc", b"--abc\n\nnot json\n--abc\n\nx\n--abc--"),
    ],
)
def test_what_is_no_multipart_body_is_refused(content_type: str, raw: bytes):
    with pytest.raises(ApiError):
        parse_multipart(content_type, raw)
