"""What one row of the contract holds, and the requests that every service taking JSON must refuse."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Call:
    """One POST to the prediction endpoint."""

    body: bytes
    content_type: str | None = "application/json"
    chunked: bool = False

    def send(self, url: str) -> requests.Response:
        """Send it; ``chunked`` sends the body without declaring its length."""
        headers = {"Content-Type": self.content_type} if self.content_type else {}
        pieces = (self.body[at : at + 65536] for at in range(0, len(self.body), 65536))
        return requests.post(url, data=pieces if self.chunked else self.body, headers=headers, timeout=TIMEOUT_SECONDS)


@dataclass(frozen=True)
class Refusal:
    """A request that must be refused: with one of these statuses, naming this field."""

    name: str
    call: Call
    statuses: tuple[int, ...] = (422,)
    field: str | None = None


@dataclass(frozen=True)
class Accepted:
    """A valid request and a check of the answer."""

    name: str
    call: Call
    check: Callable[[requests.Response], None]


@dataclass(frozen=True)
class Service:
    """One row of the contract.

    Attributes:
        name: the folder under app_src.
        path: the prediction endpoint.
        train: writes the artefact and its manifest into a folder and returns the training-side model.
        accepted: valid requests; the first is the tutorial's own.
        refused: requests that must be refused.
        parity: compares the service at a URL with the training-side model.
        harmless: what test_process.py does to models and what does not break this one.
        limit_bytes: the longest body.
        unchecked: checks of schemathesis that a schema cannot express here.
    """

    name: str
    path: str
    train: Callable[[Path], Any]
    accepted: list[Accepted]
    parity: Callable[[str, Any], None]
    refused: list[Refusal] = field(default_factory=list)
    harmless: tuple[str, ...] = ()
    limit_bytes: int = 1_000_000
    unchecked: tuple[str, ...] = ()


def refused_json(valid: bytes, *, limit_bytes: int) -> list[Refusal]:
    """List what no service that takes a JSON body may accept, whatever its fields are."""
    too_long = valid + b" " * limit_bytes
    not_json = {
        "empty": b"",
        "cut off": valid[:-1],
        "two documents": valid + valid,
        "plain text": b"hello",
        "invalid UTF-8": b'["\xff"]',
        "UTF-16": valid.decode().encode("utf-16"),
        "NUL bytes": b"\x00" * 8,
        "lone surrogate": rb'{"\ud800": "\ud800"}',
        "NaN": b"NaN",
        "null": b"null",
        "boolean": b"true",
        "number": b"5.9",
        "string": b'"5.9"',
        "empty list": b"[]",
        "empty object": b"{}",
        "nested lists": b"[" * 100_000 + b"]" * 100_000,
        "nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    }
    return [
        *(Refusal(name, Call(body), (400, 422)) for name, body in not_json.items()),
        *(Refusal(f"content type {kind}", Call(valid, kind), (415,)) for kind in ("text/plain", None)),
        Refusal("form", Call(valid, "application/x-www-form-urlencoded"), (415,)),
        Refusal("multipart", Call(valid, "multipart/form-data; boundary=x"), (415,)),
        Refusal("too long, declared", Call(too_long), (413,)),
        Refusal("too long, chunked", Call(too_long, chunked=True), (413,)),
        Refusal("50 MB, declared", Call(b"[" + b"1," * 25_000_000), (413,)),
        Refusal("50 MB, chunked", Call(b"[" + b"1," * 25_000_000, chunked=True), (413,)),
    ]
