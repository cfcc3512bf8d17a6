"""Cloud Logging: one place for what everything in the project logged."""

from collections.abc import Callable, Iterable

from deploykit.rehearsal.google import log_entries, log_filter
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.rollout import SERVICE

Source = Callable[[Context], Iterable[dict]]
PAGE = 50
MANAGED_BY = "goog-managed-by"
"""The label by which Cloud Functions finds the entries of its own services."""

_sources: list[Source] = []


def source(function: Source) -> Source:
    """Register a function that returns entries as Cloud Logging defines them; every product has its own."""
    _sources.append(function)
    return function


@handles("logging.entries.list")
def list_entries(call: Call) -> dict:
    """Return the entries that a filter wants."""
    for name in call.body.get("resourceNames", []):
        call.context.require_project(name.split("/")[1])
    wanted = log_filter.parse(call.body.get("filter", ""))
    found = [entry for entries in _sources for entry in entries(call.context) if wanted(entry)]
    newest_first = call.body.get("orderBy", "").endswith("desc")
    found.sort(key=lambda entry: entry["timestamp"], reverse=newest_first)
    start, size = int(call.body.get("pageToken") or 0), call.body.get("pageSize") or PAGE
    more = {"nextPageToken": str(start + size)} if len(found) > start + size else {}
    return {"entries": found[start : start + size], **more}


@source
def of_cloud_run(context: Context) -> Iterable[dict]:
    """Return what Cloud Run's services logged."""
    for stored, service in context.store.list(SERVICE).items():
        region, name = stored.split("/")
        about = {"location": region, "service_name": name, "configuration_name": name}
        resource = {"type": "cloud_run_revision", "labels": about}
        managed = {name: value for name, value in service["metadata"]["labels"].items() if name == MANAGED_BY}
        yield from log_entries.of_service(context, f"run/{stored}", resource, labels=managed)
