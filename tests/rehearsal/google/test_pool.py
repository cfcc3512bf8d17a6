"""What a pool does with errors that are not the container's: nobody waits for long, and nothing is left behind."""

import asyncio
from pathlib import Path
from unittest.mock import Mock

import pytest

from deploykit.errors import KitError
from deploykit.rehearsal.google import instances
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.instances import Instance
from deploykit.rehearsal.google.pool import Pool
from deploykit.rehearsal.google.revision import Revision
from deploykit.rehearsal.google.service_logs import ServiceLog
from deploykit.rehearsal.google.start_errors import StartFailed

SERVICE = "test/europe-west1/tiny"
GONE = KitError("Docker is installed, but its engine does not run.")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceLog:
    """Return the service's log; no container is looked for."""
    monkeypatch.setattr(instances, "find", lambda service: {})
    return ServiceLog(Context(tmp_path, "p", "1", token="t", loop=None), SERVICE)


@pytest.fixture
def pool(log: ServiceLog) -> Pool:
    return Pool(SERVICE, Revision("tiny-00001-abc", "tiny:1"), log)


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which containers are removed."""
    found: list[str] = []
    monkeypatch.setattr(instances, "stop", lambda container_id: None)
    monkeypatch.setattr(instances, "output", lambda container_id: [])
    monkeypatch.setattr(instances, "remove", found.append)
    return found


async def taken(pool: Pool) -> Instance:
    async with pool.instance() as instance:
        return instance


@pytest.mark.parametrize("error", [GONE, RuntimeError("a mistake")])
def test_whoever_waits_is_refused_at_once_whatever_went_wrong(
    pool: Pool, log: ServiceLog, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(instances, "start", Mock(side_effect=error))
    with pytest.raises(StartFailed, match="The rehearsal cloud failed to start an instance"):
        asyncio.run(asyncio.wait_for(taken(pool), 5))
    newest = log.read(limit=1)[0]
    assert (newest["severity"], repr(error) in newest["text"]) == ("ERROR", True)


def test_a_log_that_cannot_be_written_refuses_and_keeps_no_place(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool.log, "write", Mock(side_effect=OSError("No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(asyncio.wait_for(taken(pool), 5))
    assert not pool._queue


def test_closing_ends_the_others_when_one_cannot_be_ended(
    pool: Pool, removed: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stop(container_id: str) -> None:
        if container_id == "first":
            raise GONE

    async def close() -> None:
        for name in ("first", "second"):
            pool.add(Instance(name, "127.0.0.1", 1))
        await pool.close()

    monkeypatch.setattr(instances, "stop", stop)
    asyncio.run(close())
    assert sorted(removed) == ["first", "second"]
    assert "An instance of tiny-00001-abc could not be ended" in caplog.text


def test_an_instance_whose_output_cannot_be_kept_is_removed_nevertheless(
    pool: Pool, removed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def close() -> None:
        pool.add(Instance("only", "127.0.0.1", 1))
        await pool.close()

    monkeypatch.setattr(pool.log, "keep_output", Mock(side_effect=OSError("No space left on device")))
    asyncio.run(close())
    assert removed == ["only"]
