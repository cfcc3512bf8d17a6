"""Google's definitions as router and judge."""

import json

import pytest

from deploykit.rehearsal.google import discovery, services
from deploykit.rehearsal.google.api import handled
from deploykit.rehearsal.google.trim import trim

SERVICE = "/v1/projects/p/services/run.googleapis.com"


def method(verb: str, path: str, api: str = "serviceusage") -> discovery.Method:
    return discovery.match(api, verb, path)[0]


@pytest.mark.parametrize(
    ("verb", "path", "name", "parameters"),
    [
        ("GET", SERVICE, "services.get", {"name": SERVICE.removeprefix("/v1/")}),
        ("POST", f"{SERVICE}:enable", "services.enable", {"name": SERVICE.removeprefix("/v1/")}),
        ("POST", "/v1/projects/p/services:batchEnable", "services.batchEnable", {"parent": "projects/p"}),
        ("GET", "/v1/projects/p/services", "services.list", {"parent": "projects/p"}),
    ],
)
def test_a_path_means_one_method(verb: str, path: str, name: str, parameters: dict) -> None:
    found, params = discovery.match("serviceusage", verb, path)
    assert (found.id, params) == (f"serviceusage.{name}", parameters)


@pytest.mark.parametrize(("verb", "path"), [("GET", "/v9/projects"), ("DELETE", SERVICE), ("GET", f"{SERVICE}/more")])
def test_another_path_or_verb_means_none(verb: str, path: str) -> None:
    assert discovery.match("serviceusage", verb, path) is None


def test_escapes_in_a_path_are_undone() -> None:
    _, params = discovery.match("cloudresourcemanager", "GET", "/v1/projects/a%2Fb")
    assert params == {"projectId": "a/b"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"serviceIds": ["run.googleapis.com"]}, ""),
        ({"serviceIds": "run.googleapis.com"}, "type array"),
        ({"serviceIds": [1]}, "Invalid value at 'serviceIds[0]' (TYPE_STRING), 1"),
        ({"serviceId": []}, 'Unknown name "serviceId": Cannot find field.'),
        ([], "type object"),
    ],
)
def test_a_body_is_held_against_its_schema(body: object, problem: str) -> None:
    found = discovery.problems_with_body(method("POST", "/v1/projects/p/services:batchEnable"), body)
    assert problem in " ".join(found)
    assert bool(problem) == bool(found)


@pytest.mark.parametrize(
    ("schema", "fitting", "unfitting"),
    [
        ({"type": "string", "enum": ["A"]}, ["A"], ["B", 1]),
        ({"type": "string", "format": "int64"}, ["12", 12], ["twelve", 1.5, True]),
        ({"type": "integer"}, [1, "1", 1.0], ["x", 1.5, True]),
        ({"type": "number"}, [1, 1.5], ["1", True]),
        ({"type": "boolean"}, [True], ["true", 1]),
        ({"type": "string", "pattern": "[a-z]+"}, ["abc"], ["A1"]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, [{"any": "thing"}], [{"any": 1}]),
    ],
)
def test_every_type_is_checked(schema: dict, fitting: list, unfitting: list) -> None:
    checking = discovery.Method("m", "POST", None, (), {"request": schema}, {})
    assert [discovery.problems_with_body(checking, value) for value in fitting] == [[]] * len(fitting)
    assert all(discovery.problems_with_body(checking, value) for value in unfitting)


def test_an_unknown_query_parameter_is_refused_and_a_common_one_is_not() -> None:
    listing = method("GET", "/v1/projects/p/services")
    assert discovery.problems_with_query(listing, {"alt": "json", "filter": "state:ENABLED"}) == []
    assert 'Unknown name "colour"' in discovery.problems_with_query(listing, {"colour": "red"})[0]


def test_every_handler_has_a_definition_and_every_definition_a_handler() -> None:
    services.load()
    defined = {found.id for api in discovery.apis() for found in discovery.methods(api)}
    assert defined == handled()


def test_trimming_keeps_the_wanted_methods_with_all_that_they_reach() -> None:
    document = {
        "servicePath": "",
        "resources": {
            "a": {
                "methods": {
                    "get": {"id": "x.a.get", "path": "a", "httpMethod": "GET", "response": {"$ref": "A"},
                            "description": "prose"},
                    "list": {"id": "x.a.list", "path": "as", "httpMethod": "GET", "response": {"$ref": "C"}},
                }
            }
        },
        "schemas": {
            "A": {"type": "object", "properties": {"description": {"type": "string"}, "b": {"$ref": "B"}}},
            "B": {"type": "object", "properties": {"a": {"$ref": "A"}}},
            "C": {"type": "object"},
        },
    }  # fmt: skip
    trimmed = trim(document, {"x.a.get"})
    assert [kept["id"] for kept in trimmed["methods"]] == ["x.a.get"]
    assert set(trimmed["schemas"]) == {"A", "B"}
    assert "description" in trimmed["schemas"]["A"]["properties"]
    assert "prose" not in json.dumps(trimmed)
