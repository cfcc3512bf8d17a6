"""IAM policies: who may do what with a resource."""

from deploykit.rehearsal.google.api import etag
from deploykit.rehearsal.google.context import Context

KIND = "policy"


def get(context: Context, resource: str) -> dict:
    """Return a resource's policy; without one nobody but the owner may do anything."""
    return context.store.get(KIND, resource) or {"version": 1, "etag": etag("none")}


def put(context: Context, resource: str, policy: dict) -> dict:
    """Write a resource's policy and return it."""
    version = int(context.store.get(KIND, resource) is not None)
    written = {**policy, "version": policy.get("version", 1), "etag": etag(f"{resource}{version}"[-12:])}
    context.store.put(KIND, resource, written)
    return written


def delete(context: Context, resource: str) -> None:
    """Forget a resource's policy."""
    context.store.delete(KIND, resource)


def allows_everybody(context: Context, resource: str, role: str) -> bool:
    """Tell whether a role was given to everybody, as ``--allow-unauthenticated`` does."""
    bindings = get(context, resource).get("bindings", [])
    return any(binding["role"] == role and "allUsers" in binding.get("members", []) for binding in bindings)
