"""What a field mask changes of a resource."""

import pytest

from deploykit.rehearsal.google import field_mask

OLD = {"name": "f", "labels": {"a": "1", "b": "2"}, "config": {"memory": "256M", "most": 3}}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("", []),
        ("labels", ["labels"]),
        (
            "build_config.source,service_config.max_instance_count",
            ["buildConfig.source", "serviceConfig.maxInstanceCount"],
        ),
        ("eventTrigger.retryPolicy", ["eventTrigger.retryPolicy"]),
    ],
)
def test_paths_are_named_as_in_json(mask: str, expected: list[str]) -> None:
    assert field_mask.paths(mask) == expected


@pytest.mark.parametrize(
    ("new", "masked", "difference"),
    [
        ({"labels": {"b": "2"}}, ["labels"], {"labels": {"b": "2"}}),
        ({"config": {"memory": "1Gi", "most": 9}}, ["config.memory"], {"config": {"memory": "1Gi", "most": 3}}),
        ({"config": {}}, ["config.most"], {"config": {"memory": "256M"}}),
        ({}, ["config.most"], {"config": {"memory": "256M"}}),
        ({"labels": {}}, [], {}),
        ({"trigger": {"retry": True}}, ["trigger.retry"], {"trigger": {"retry": True}}),
    ],
)
def test_only_what_is_masked_changes(new: dict, masked: list[str], difference: dict) -> None:
    assert field_mask.changed(OLD, new, masked) == {**OLD, **difference}


def test_a_masked_field_that_is_not_given_is_removed() -> None:
    assert field_mask.changed(OLD, {}, ["labels"]) == {"name": "f", "config": OLD["config"]}
    assert OLD["labels"] == {"a": "1", "b": "2"}
