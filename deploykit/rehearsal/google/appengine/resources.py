"""The application, its services and their versions: what of them stands in the store."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context

APP, SERVICE, VERSION = "appengine.app", "appengine.service", "appengine.version"
LOGGED = "appengine.logged"
"""Versions that wrote a log; it outlives a version that was deleted, or never became healthy."""

API = "appengine.googleapis.com"
DEFAULT = "default"
TYPE = "type.googleapis.com/google.appengine.v1."
EMPTY = "type.googleapis.com/google.protobuf.Empty"


def require_app(call: Call) -> dict:
    """Return the application that a request names.

    Raises:
        ApiError: the API is not enabled, or the project has no application.
    """
    call.context.require_api(API)
    app_id = call.params["appsId"]
    call.context.require_project(app_id)
    app = call.context.store.get(APP, app_id)
    if app is None:
        raise errors.not_found(f"Could not find Application '{app_id}'.")
    return app


def require_service(call: Call) -> dict:
    """Return the service that a request names.

    Raises:
        ApiError: there is none of this name.
    """
    require_app(call)
    name = call.params["servicesId"]
    service = call.context.store.get(SERVICE, name)
    if service is None:
        raise errors.not_found(f"Could not find Service '{name}' of Application '{call.context.project}'.")
    return service


def require_version(call: Call) -> dict:
    """Return the version that a request names.

    Raises:
        ApiError: there is none of this name.
    """
    service, name = require_service(call)["id"], call.params["versionsId"]
    version = call.context.store.get(VERSION, f"{service}/{name}")
    if version is None:
        raise errors.not_found(f"Could not find Version '{name}' of Service '{service}'.")
    return version


def services(context: Context) -> list[dict]:
    """Return the services, oldest first."""
    return list(context.store.list(SERVICE).values())


def versions(context: Context, service: str) -> list[dict]:
    """Return a service's versions, oldest first."""
    return list(context.store.list(VERSION, f"{service}/").values())


def allocations(context: Context, service: str) -> dict[str, float]:
    """Return which part of a service's traffic each version gets; they sum to 1."""
    return (context.store.get(SERVICE, service) or {}).get("split", {}).get("allocations", {})


def serving_name(service: str, version: str) -> str:
    """Return by what name :mod:`deploykit.rehearsal.google.serving` knows a version."""
    return f"appengine/{service}/{version}"


def describe_operation(context: Context, method: str, target: str) -> dict:
    """Return the metadata of an operation: what was asked for, by whom, of what."""
    return {
        "@type": f"{TYPE}OperationMetadataV1",
        "method": f"google.appengine.v1.{method}",
        "insertTime": now(),
        "user": context.account,
        "target": target,
    }


def done(call: Call, method: str, target: str, response: dict | None = None) -> dict:
    """Return an operation that is done already, and did what was asked."""
    metadata = describe_operation(call.context, method, target)
    return call.context.operations.done(
        f"apps/{call.context.project}", response or {"@type": EMPTY}, metadata={**metadata, "endTime": now()}
    )


def seconds(duration: str | None, default: float) -> float:
    """Return the seconds of a duration as Google writes it, such as "300s"."""
    return float(duration.removesuffix("s")) if duration else default
