"""The start page shows this computer and the learner's work in tables, and says what to type."""

import pytest

from deploykit import doctor, ledger, remedies, start_page
from deploykit.doctor import State

pytestmark = pytest.mark.usefixtures("own_ledger", "own_models")


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """Return the list to which everything goes that a notebook would show."""
    texts = []
    monkeypatch.setattr(start_page, "display", lambda thing: texts.append(thing.data))
    return texts


def test_everything_is_shown(shown):
    ledger.add("machine", "instance", where="cloud", usd_per_hour=0.5)
    start_page.show_work()
    assert all(word in shown[0] for word in ("01_train/iris", "02_serve/iris_flask", "machine", "0.5000", "is charged"))
    columns = [
        line.count("|") for line in shown[0].splitlines() if "01_train/iris" in line or line.startswith("| notebook")
    ]
    assert len(set(columns)) == 1


def test_what_is_missing_on_the_machine_comes_with_advice(shown, monkeypatch):
    fine, missing = (
        doctor.Finding("Python", State.OK, "3.11", "unused"),
        doctor.Finding("ssh", State.OLD, "7.4", "x | y"),
    )
    monkeypatch.setattr(doctor, "examine", lambda target: [fine, missing])
    assert start_page.show_machine() == [fine, missing]
    assert "unused" not in shown[0] and r"**old** | ssh | 7.4 | `x \| y`" in shown[0]


def test_what_to_type_on_other_systems_is_folded_away(shown):
    start_page.show_machine()
    folded = shown[0].partition("<details>")[2]
    assert all(system in folded for system in remedies.SYSTEMS)
    assert all(f"| {name} |" in folded for name in remedies.REMEDIES)
