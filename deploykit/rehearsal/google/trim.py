"""Trim Google's discovery documents to what the rehearsal cloud handles: ``python -m deploykit.rehearsal.google.trim``.

The documents ship with the package google-api-python-client, which only this script needs:
``uv run --with google-api-python-client python -m deploykit.rehearsal.google.trim``.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

from deploykit.errors import KitError
from deploykit.rehearsal.google import services
from deploykit.rehearsal.google.api import handled
from deploykit.rehearsal.google.discovery import FOLDER

VERSIONS = {
    "appengine": ["v1"],
    "artifactregistry": ["v1", "v1beta2"],
    "cloudbuild": ["v1"],
    "cloudfunctions": ["v1", "v2"],
    "cloudresourcemanager": ["v1"],
    "compute": ["v1"],
    "iam": ["v1"],
    "logging": ["v2"],
    "run": ["v1", "v2"],
    "serviceusage": ["v1"],
    "storage": ["v1"],
}
ONLY = {"run.v2": {"run.projects.locations.builds.submit"}}
"""Where two versions call different methods by the same name: the ones that gcloud uses of a version."""

METHOD_KEYS = ("id", "path", "httpMethod", "parameters", "request", "response", "mediaUpload")


def main() -> None:
    """Write the trimmed documents."""
    services.load()
    for api, versions in VERSIONS.items():
        for version in versions:
            document = json.loads((_package() / f"{api}.{version}.json").read_text(encoding="utf-8"))
            target = FOLDER / f"{api}.{version}.json"
            trimmed = trim(document, handled() & ONLY.get(f"{api}.{version}", handled()))
            if trimmed["methods"]:
                target.write_text(json.dumps(trimmed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            else:
                target.unlink(missing_ok=True)


def trim(document: dict, wanted: set[str]) -> dict:
    """Return a discovery document with only the wanted methods and the schemas that these reach, without prose."""
    methods = [
        {key: method[key] for key in METHOD_KEYS if key in method}
        for method in _methods(document)
        if method["id"] in wanted
    ]
    names = {part["$ref"] for method in methods for key in ("request", "response") if (part := method.get(key))}
    schemas = _reachable(document["schemas"], names)
    return _without_prose({"servicePath": document.get("servicePath", ""), "methods": methods, "schemas": schemas})


def _package() -> Path:
    found = importlib.util.find_spec("googleapiclient")
    if found is None:
        raise KitError("The package google-api-python-client is not installed.", __doc__.splitlines()[-1])
    return Path(found.origin).parent / "discovery_cache" / "documents"


def _methods(resource: dict) -> Iterator[dict]:
    yield from resource.get("methods", {}).values()
    for part in resource.get("resources", {}).values():
        yield from _methods(part)


def _reachable(schemas: dict, names: set[str]) -> dict:
    found: dict[str, dict] = {}
    todo = sorted(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = schemas[name]
            todo += sorted(_references(schemas[name]))
    return found


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(part) for part in node.values()))
    return set().union(*(_references(part) for part in node)) if isinstance(node, list) else set()


def _without_prose(node: object) -> object:
    """Drop descriptions, which are sentences; a property of that name is an object and stays."""
    if isinstance(node, list):
        return [_without_prose(part) for part in node]
    if not isinstance(node, dict):
        return node
    prose = ("description", "enumDescriptions", "enumDeprecated", "deprecated")
    return {
        key: _without_prose(value)
        for key, value in node.items()
        if not (key in prose and isinstance(value, str | list | bool))
    }


if __name__ == "__main__":
    main()
