"""Google's own definitions of its APIs, as the table of routes and as the judge of requests and answers.

The definitions are Google's discovery documents, trimmed by :mod:`deploykit.rehearsal.google.trim` to the methods
that are rehearsed (Apache License 2.0, from the package google-api-python-client).
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

FOLDER = Path(__file__).with_name("definitions")
VARIABLE = re.compile(r"\{(?P<plus>\+?)(?P<name>[\w.]+)\*?\}")
COMMON_PARAMETERS = {
    "$.xgafv", "$alt", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser",
    "returnPartialSuccess", "upload_id", "uploadType", "upload_protocol", "userIp",
}  # fmt: skip
"""What every method takes; gcloud sends ``returnPartialSuccess`` also where the definitions do not know it."""

NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Method:
    """One method of an API.

    Attributes:
        id: Google's name for it, such as "run.namespaces.services.get".
        verb: the HTTP method.
        pattern: matches the path; its groups are the path's parameters, in the order of ``names``.
        upload: True for the path under which media are uploaded.
    """

    id: str
    verb: str
    pattern: re.Pattern = field(repr=False)
    names: tuple[str, ...]
    definition: dict = field(repr=False)
    schemas: dict = field(repr=False)
    upload: bool = False

    @property
    def weight(self) -> int:
        """How specific the path is: the one with more fixed characters wins."""
        return len(re.sub(r"\(.*?\)", "", self.pattern.pattern))


def match(api: str, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """Return the method that a request means, with the parameters in its path, or None."""
    found = [
        (method, hit) for method in methods(api) if method.verb == verb and (hit := method.pattern.fullmatch(path))
    ]
    if not found:
        return None
    method, hit = max(found, key=lambda pair: pair[0].weight)
    return method, {name: unquote(value) for name, value in zip(method.names, hit.groups(), strict=True)}


@cache
def methods(api: str) -> tuple[Method, ...]:
    """Return the methods of an API, of all its versions."""
    files = sorted(FOLDER.glob(f"{api}.*.json"), reverse=True)
    return tuple(method for file in files for method in _read(json.loads(file.read_text(encoding="utf-8"))))


@cache
def apis() -> frozenset[str]:
    """Return the names of the APIs that are rehearsed."""
    return frozenset(file.name.split(".")[0] for file in FOLDER.glob("*.json"))


def _read(document: dict) -> list[Method]:
    found = []
    for definition in document["methods"]:
        paths = [(f"/{document['servicePath']}{definition['path']}", False)]
        protocols = definition.get("mediaUpload", {}).get("protocols", {})
        paths += [(path, True) for path in dict.fromkeys(protocol["path"] for protocol in protocols.values())]
        for path, upload in paths:
            pattern, names = _pattern(path, definition.get("parameters", {}))
            found.append(
                Method(
                    definition["id"], definition["httpMethod"], pattern, names, definition, document["schemas"], upload
                )
            )
    return found


def _pattern(path: str, parameters: dict) -> tuple[re.Pattern, tuple[str, ...]]:
    names, pattern, end = [], "", 0
    for variable in VARIABLE.finditer(path):
        pattern += re.escape(path[end : variable.start()])
        fitting = parameters.get(variable["name"], {}).get("pattern", "^.+$").strip("^$")
        pattern += f"({fitting})" if variable["plus"] else "([^/]+)"
        names.append(variable["name"])
        end = variable.end()
    return re.compile(pattern + re.escape(path[end:])), tuple(names)


def problems_with_query(method: Method, query: dict[str, Any]) -> list[str]:
    """Return what Google would find wrong with a request's query, in its words."""
    known = method.definition.get("parameters", {})
    found = [
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
        for name in query
        if name not in known and name not in COMMON_PARAMETERS
    ]
    for name, parameter in known.items():
        if parameter.get("location") == "query" and parameter.get("required") and name not in query:
            found.append(f"Required parameter: {name}")
    return found


def problems_with_body(method: Method, body: Any) -> list[str]:
    """Return what Google would find wrong with a request's body, in its words."""
    expected = method.definition.get("request")
    if expected is None:
        return ["This method takes no request body."] if body else []
    where = "resource" if method.id.startswith("compute.") else ""  # what Compute Engine calls a request's body
    return _problems(method, expected, body, where) if body is not None else []


def problems_with_answer(method: Method, answer: Any) -> list[str]:
    """Return where an answer of ours differs from what Google's definition promises."""
    expected = method.definition.get("response")
    return _problems(method, expected, answer, "") if expected else []


def _problems(method: Method, schema: dict, value: Any, where: str) -> list[str]:
    schema = method.schemas[schema["$ref"]] if "$ref" in schema else schema
    if value is None:
        return []
    check = {"object": _object, "array": _array, "string": _string}.get(schema.get("type"), _simple)
    return check(method, schema, value, where)


def _object(method: Method, schema: dict, value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"Invalid value at '{where}' (type object), {json.dumps(value)}"]
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    found = []
    for name, part in value.items():
        fitting = properties.get(name, others)
        if fitting is None:
            at = f" at '{where}'" if where else ""
            found.append(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')
        else:
            found += _problems(method, fitting, part, f"{where}.{name}" if where else name)
    for name, definition in properties.items():
        if method.id in definition.get("annotations", {}).get("required", []) and name not in value:
            found.append(f"Required field '{name}' not specified")
    return found


def _array(method: Method, schema: dict, value: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"Invalid value at '{where}' (type array), {json.dumps(value)}"]
    return [text for i, part in enumerate(value) for text in _problems(method, schema["items"], part, f"{where}[{i}]")]


def _string(method: Method, schema: dict, value: Any, where: str) -> list[str]:
    if schema.get("format") in ("int64", "uint64"):
        return [] if _is_integer(value) else [f"Invalid value at '{where}' (TYPE_INT64), {json.dumps(value)}"]
    if not isinstance(value, str):
        return [f"Invalid value at '{where}' (TYPE_STRING), {json.dumps(value)}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"Invalid value at '{where}' (TYPE_ENUM), {json.dumps(value)}"]
    if "pattern" in schema and "format" not in schema and not re.fullmatch(schema["pattern"], value):
        shown = f"Invalid value for field '{where}': '{value}'."
        return [f"{shown} Must be a match of regex '(?:{schema['pattern']})'"]
    return []


def _simple(method: Method, schema: dict, value: Any, where: str) -> list[str]:
    kind = schema.get("type")
    if kind == "integer" and not _is_integer(value):
        return [f"Invalid value at '{where}' (TYPE_INT32), {json.dumps(value)}"]
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return [f"Invalid value at '{where}' (TYPE_DOUBLE), {json.dumps(value)}"]
    if kind == "boolean" and not isinstance(value, bool):
        return [f"Invalid value at '{where}' (TYPE_BOOL), {json.dumps(value)}"]
    return []


def _is_integer(value: Any) -> bool:
    """Tell whether JSON stands for a whole number; Google takes digits in quotes as well."""
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
