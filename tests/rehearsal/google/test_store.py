"""What the rehearsal cloud keeps on disk."""

import threading
from pathlib import Path

import pytest

from deploykit.rehearsal.google.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "folder" / "state.db")


def test_what_was_written_is_there_for_a_server_that_starts_later(store: Store, tmp_path: Path) -> None:
    store.put("service", "a", {"n": 1})
    store.put("service", "a", {"n": 2})
    assert Store(tmp_path / "folder" / "state.db").get("service", "a") == {"n": 2}


def test_resources_are_listed_by_kind_and_prefix_oldest_first(store: Store) -> None:
    for name in ("p/2", "p/1", "q/1", "P/1"):
        store.put("bucket", name, {"name": name})
    store.put("other", "p/3", {})
    assert list(store.list("bucket", "p/")) == ["p/2", "p/1"]
    store.put("bucket", "p/2", {"name": "again"})
    assert list(store.list("bucket")) == ["p/2", "p/1", "q/1", "P/1"]


def test_a_prefix_is_no_pattern(store: Store) -> None:
    store.put("bucket", "a_b", {})
    store.put("bucket", "axb", {})
    assert list(store.list("bucket", "a_")) == ["a_b"]


def test_deleting_tells_whether_there_was_something(store: Store) -> None:
    store.put("service", "a", {})
    assert store.delete("service", "a") is True
    assert store.delete("service", "a") is False
    assert store.get("service", "a") is None


def test_nobody_changes_a_resource_meanwhile(store: Store) -> None:
    store.put("counter", "c", {"n": 0})

    def count() -> None:
        for _ in range(50):
            with store.change("counter", "c") as counter:
                counter["n"] += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("counter", "c") == {"n": 200}


def test_two_processes_do_not_lose_each_others_changes(store: Store, tmp_path: Path) -> None:
    store.put("counter", "c", {"n": 0})
    other = Store(tmp_path / "folder" / "state.db")

    def count(which: Store) -> None:
        for _ in range(50):
            with which.change("counter", "c") as counter:
                counter["n"] += 1

    threads = [threading.Thread(target=count, args=(which,)) for which in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("counter", "c") == {"n": 100}


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    store.put("service", "a", {"n": 1})

    def fail_half_way() -> None:
        with store.transaction():
            store.put("service", "b", {})
            with store.change("service", "a") as service:
                service["n"] = 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert store.get("service", "a") == {"n": 1}
    assert store.get("service", "b") is None


def test_changing_what_is_not_there_says_so(store: Store) -> None:
    with pytest.raises(KeyError, match="service gone"), store.change("service", "gone"):
        pass
