"""The project as Compute Engine sees it: its metadata, and what a new project has."""

from deploykit.rehearsal.google.compute import firewalls, networks, resources
from deploykit.rehearsal.google.context import Context

KIND = "compute project"
API = "compute.googleapis.com"
MAX_VALUE_BYTES = 256 * 1024


def ready(context: Context, project: str) -> None:
    """Have what Google makes when the API is enabled: a network and its rules; once only, they may be deleted.

    Raises:
        ApiError: it is another project, or the API is not enabled.
    """
    context.require_project(project)
    context.require_api(API)
    with context.store.transaction():
        if context.store.get(KIND, context.project) is None:
            context.store.put(KIND, context.project, {"kind": "compute#metadata", "fingerprint": fingerprint([])})
            context.store.put(networks.KIND, networks.DEFAULT, networks.new(context, networks.DEFAULT))
            for rule in firewalls.comes_along(context):
                context.store.put(firewalls.KIND, rule["name"], rule)


def metadata(context: Context) -> dict:
    """Return the metadata that all instances share."""
    return context.store.get(KIND, context.project) or {}


def changed(known: dict, wanted: dict) -> dict:
    """Return new metadata in place of those that are known.

    Raises:
        ApiError: somebody else changed them meanwhile, a key comes twice, or a value is too long.
    """
    if wanted.get("fingerprint", known["fingerprint"]) != known["fingerprint"]:
        raise resources.stale("metadata")
    return checked(wanted.get("items", []))


def checked(found: list[dict]) -> dict:
    """Return metadata with these items.

    Raises:
        ApiError: a key comes twice, or a value is too long.
    """
    keys = [item["key"] for item in found]
    for place, item in enumerate(found):
        if keys.count(item["key"]) > 1:
            raise resources.invalid("resource.metadata", item["key"], f"Metadata has duplicate key: {item['key']}")
        if len(item.get("value", "").encode()) > MAX_VALUE_BYTES:
            why = f"The value is too long; at most {MAX_VALUE_BYTES} bytes are allowed."
            raise resources.invalid(f"metadata.items[{place}].value", item["key"], why)
    return {"kind": "compute#metadata", "fingerprint": fingerprint(found), "items": found}


def items(known: dict) -> dict[str, str]:
    """Return metadata as names and values."""
    return {item["key"]: item.get("value", "") for item in known.get("items", [])}


def fingerprint(found: list[dict]) -> str:
    """Return what changes with the metadata."""
    return resources.fingerprint(found)
