"""The filters of lists, as gcloud sends them."""

from types import SimpleNamespace

import pytest

from deploykit.rehearsal.google.compute import filters
from deploykit.rehearsal.google.errors import ApiError

ITEMS = [
    {"name": "web", "status": "RUNNING", "disabled": False, "scheduling": {"preemptible": True}},
    {"name": "web-2", "status": "TERMINATED", "disabled": True},
    {"name": "webbed", "status": "RUNNING", "disabled": False},
]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("", ["web", "web-2", "webbed"]),
        (r'name eq ".*\bweb\b.*"', ["web", "web-2"]),
        (r'name eq ".*(^web$).*"', ["web"]),
        (r'name ne ".*(^web$).*"', ["web-2", "webbed"]),
        (r'(name eq ".*\bweb\b.*")(status eq RUNNING)', ["web"]),
        (r'(name eq ".*\bweb.*")((status eq RUNNING)(disabled eq false))', ["web", "webbed"]),
        ("scheduling.preemptible eq true", ["web"]),
        (r'name eq "\"web\""', []),
        ("nothing eq here", []),
    ],
)
def test_a_filter_admits_what_it_says(expression: str, names: list[str]) -> None:
    call = SimpleNamespace(query={"filter": expression} if expression else {})
    assert [item["name"] for item in filters.chosen(call, ITEMS)] == names


@pytest.mark.parametrize("expression", ["name", "name = web", 'name eq "web', "name eq web OR status eq RUNNING"])
def test_what_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(ApiError, match="Invalid list filter expression"):
        filters.chosen(SimpleNamespace(query={"filter": expression}), ITEMS)
