"""Long-running operations."""

import threading
from pathlib import Path

import pytest
import tenacity

from deploykit.errors import KitError
from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.operations import Operations, Progress
from deploykit.rehearsal.google.store import Store

PARENT = "projects/p/locations/r"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.db")


@pytest.fixture
def operations(store: Store) -> Operations:
    return Operations(store)


@tenacity.retry(
    retry=tenacity.retry_if_result(lambda operation: not operation["done"]),
    stop=tenacity.stop_after_delay(5),
    wait=tenacity.wait_fixed(0.02),
)
def finished(operations: Operations, name: str) -> dict:
    return operations.get(name)


def test_an_operation_is_not_done_before_its_work_is(operations: Operations) -> None:
    may_end = threading.Event()

    def work(progress: Progress) -> dict:
        progress.update(step="half-way")
        may_end.wait(5)
        return {"answer": 42}

    name = operations.start(PARENT, work, metadata={"target": "t"})["name"]
    assert name.startswith(f"{PARENT}/operations/")
    assert not operations.get(name)["done"]
    may_end.set()
    done = finished(operations, name)
    assert done["response"] == {"answer": 42}
    assert done["metadata"] == {"target": "t", "step": "half-way"}


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (errors.not_found("no such image"), 5, "no such image"),
        (KitError("the engine is gone", "start it"), 13, "the engine is gone"),
        (ZeroDivisionError("a bug"), 13, "a bug"),
    ],
)
def test_work_that_fails_makes_the_operation_fail(
    operations: Operations, error: Exception, code: int, message: str
) -> None:
    def work(_progress: Progress) -> dict:
        raise error

    done = finished(operations, operations.start(PARENT, work)["name"])
    assert done["error"]["code"] == code
    assert message in done["error"]["message"]
    assert "response" not in done


def test_a_restarted_server_counts_unfinished_operations_as_failed(store: Store) -> None:
    never = threading.Event()
    name = Operations(store).start(PARENT, lambda progress: {"waited": never.wait(30)})["name"]
    after = Operations(store)
    after.end_interrupted()
    assert "restarted" in after.get(name)["error"]["message"]
    never.set()


def test_an_unknown_operation_is_refused(operations: Operations) -> None:
    with pytest.raises(ApiError) as refused:
        operations.get("operations/none")
    assert refused.value.code == 404
