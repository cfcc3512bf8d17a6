"""How much a request to the server may hold."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploykit.rehearsal.google import api, server
from deploykit.rehearsal.google.context import Context

LIMIT = 10


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the bodies that reach the APIs, of a server that takes no more than LIMIT bytes."""
    found: list[bytes] = []
    monkeypatch.setattr(server, "MAX_BODY", LIMIT)
    monkeypatch.setattr(api, "dispatch", lambda call: found.append(call.raw) or {})
    return found


async def chunks(sizes: list[int], sent: list[int]) -> AsyncIterator[bytes]:
    for size in sizes:
        sent.append(size)
        yield b"x" * size


def post(folder: Path, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    async def send() -> httpx.Response:
        context = Context(folder, "p", "1", token="t", loop=asyncio.get_running_loop())
        transport = httpx.ASGITransport(server.application(context))
        async with httpx.AsyncClient(transport=transport, base_url="https://storage.googleapis.com") as client:
            return await client.post("/b/o", content=content)

    return asyncio.run(send())


@pytest.mark.parametrize("sizes", [[], [LIMIT], [1, 2, LIMIT - 3]])
def test_a_chunked_body_within_the_limit_is_read_whole(tmp_path: Path, read: list[bytes], sizes: list[int]) -> None:
    assert post(tmp_path, chunks(sizes, [])).status_code == 200
    assert read == [b"x" * sum(sizes)]


@pytest.mark.parametrize(("sizes", "taken"), [([LIMIT + 1, 1], 1), ([4, 4, 4, 4, 4], 3)])
def test_a_chunked_body_is_read_no_further_than_the_limit(
    tmp_path: Path, read: list[bytes], sizes: list[int], taken: int
) -> None:
    sent: list[int] = []
    refused = post(tmp_path, chunks(sizes, sent))
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (413, "uploadTooLarge")
    assert (read, len(sent)) == ([], taken)


def test_a_body_that_announces_too_much_is_not_read(tmp_path: Path, read: list[bytes]) -> None:
    assert post(tmp_path, b"x" * (LIMIT + 1)).status_code == 413
    assert read == []
