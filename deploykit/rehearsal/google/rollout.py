"""Rolling a Cloud Run service out: start its new revision, lead the traffic, and say how it went."""

import logging
import secrets
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from deploykit.rehearsal.google import errors, knative, serving, start_errors
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.knative import Key, condition
from deploykit.rehearsal.google.serving import Revision

log = logging.getLogger("rehearsal")
SERVICE = "run.service"
REVISION = "run.revision"
INTERRUPTED = "The rehearsal cloud was restarted during the deployment. Deploy again."
_running: list[str] = []
"""The services that are rolled out now, one as often as that goes on; adding and removing need no lock."""


class Overtaken(Exception):
    """The service was deleted or asked for anew before it was rolled out."""


def begin(context: Context, key: Key, method: str) -> None:
    """Roll out what the store says of a service, in a thread; gcloud asks for the service until it is done.

    Args:
        method: Google's name of the request that asked for it, for the faults that concern it.
    """
    asked = context.store.get(SERVICE, key.stored)["metadata"]["resourceVersion"]
    _running.append(key.stored)
    threading.Thread(target=_roll_out, args=(context, key, method, asked), name=key.stored, daemon=True).start()


def is_interrupted(key: Key, service: dict) -> bool:
    """Tell whether a service waits for a rollout that a former server did not finish."""
    return service["status"]["conditions"][0]["status"] == "Unknown" and key.stored not in _running


def finish(context: Context, key: Key, *, reason: str = "", message: str = "") -> None:
    """Write a service's state: ready, or not and why."""
    ok = not reason
    with context.store.change(SERVICE, key.stored) as service:
        status = service["status"]
        status["observedGeneration"] = service["metadata"]["generation"]
        status["conditions"] = [
            condition("Ready", ok, reason=reason, message=message),
            condition("ConfigurationsReady", ok, reason=reason, message=message),
            condition("RoutesReady", ok, reason=reason, message=message),
        ]


def _roll_out(context: Context, key: Key, method: str, asked: str) -> None:
    """Roll out, and say how it went.

    Args:
        asked: the service's resourceVersion, which the next request for it changes.
    """
    try:
        reason, message = _try(context, key, method, asked)
        with context.store.transaction():
            _service(context, key, asked)
            finish(context, key, reason=reason, message=message)
    except Overtaken:
        log.info("%s was deleted or asked for anew during its deployment", key.stored)
        if context.store.get(SERVICE, key.stored) is None:
            serving.delete(context, key.serving)  # what was started after its deletion
    finally:
        _running.remove(key.stored)


def _try(context: Context, key: Key, method: str, asked: str) -> tuple[str, str]:
    """Do what was asked for; return the reason and the message of what was in the way, or "" for both."""
    try:
        service = _service(context, key, asked)
        name = service["status"]["latestCreatedRevisionName"]
        ready = context.store.get(REVISION, f"{key.stored}/{name}")["status"]["conditions"][0]["status"]
        if ready == "Unknown":
            _start(context, key, knative.revision(name, service), method)
        if ready != "False":
            with _changing(context, key, asked) as service:
                service["status"]["latestReadyRevisionName"] = name
        _lead_traffic(context, key, asked)
    except Overtaken:
        raise
    except ApiError as error:
        return "HealthCheckContainerError", error.message
    except Exception as error:
        log.exception("%s could not be deployed", key.stored)
        return "InternalError", f"The rehearsal cloud failed: {error!r}"
    return "", ""


def _service(context: Context, key: Key, asked: str) -> dict:
    """Return what the store says of a service.

    Raises:
        Overtaken: it was deleted or asked for anew meanwhile.
    """
    found = context.store.get(SERVICE, key.stored)
    if found is None or found["metadata"]["resourceVersion"] != asked:
        raise Overtaken
    return found


@contextmanager
def _changing(context: Context, key: Key, asked: str) -> Iterator[dict]:
    """Give a service to be changed, unless somebody overtook."""
    with context.store.transaction():
        _service(context, key, asked)
        with context.store.change(SERVICE, key.stored) as service:
            yield service


def _start(context: Context, key: Key, revision: Revision, method: str) -> None:
    try:
        if context.faults.take("image_missing", method) or _is_elsewhere(revision.image):
            raise start_errors.image_not_found(revision)
        if context.faults.take("slow_start", method):
            revision = replace(revision, startup_seconds=0)
        serving.deploy(context, key.serving, revision)
    except ApiError as error:
        failed = condition("Ready", False, reason="HealthCheckContainerError", message=error.message)
        _note(context, key, revision.name, [failed])
        raise
    ready = [condition(kind, True) for kind in ("Ready", "ContainerHealthy", "ResourcesAvailable")]
    _note(context, key, revision.name, ready)


def _is_elsewhere(image: str) -> bool:
    """Tell whether an image's name leads to a public registry; the rehearsal has only what was built in its project."""
    return not image.partition("/")[0].endswith((".pkg.dev", "gcr.io"))


def _note(context: Context, key: Key, name: str, conditions: list[dict]) -> None:
    with context.store.change(REVISION, f"{key.stored}/{name}") as revision:
        revision["status"]["conditions"] = conditions


def _lead_traffic(context: Context, key: Key, asked: str) -> None:
    """Resolve the targets that a service's owner set, such as "the latest", and let the requests go there."""
    traffic = _resolved(_service(context, key, asked))
    address = serving.url(context, key.serving)
    tagged = {target["tag"]: target["revisionName"] for target in traffic if target.get("tag")}
    urls = serving.set_tags(context, key.serving, tagged)
    with _changing(context, key, asked) as service:
        status = service["status"]
        status["traffic"] = [target | ({"url": urls[target["tag"]]} if target.get("tag") else {}) for target in traffic]
        status |= {"url": address, "address": {"url": address}}
        service["metadata"]["annotations"]["run.googleapis.com/urls"] = f'["{address}"]'
    serving.set_traffic(context, key.serving, shares(traffic))


def _resolved(service: dict) -> list[dict]:
    """Return where a service's requests go, with a revision's name in each target.

    Raises:
        ApiError: requests are to go to the latest revision that is ready, and none is.
    """
    latest = service["status"].get("latestReadyRevisionName")
    targets = service["spec"].get("traffic") or [{"latestRevision": True, "percent": 100}]
    if not latest and not all("revisionName" in target for target in targets):
        name = service["status"]["latestCreatedRevisionName"]
        raise errors.failed_precondition(f"Revision '{name}' is not ready and cannot serve traffic.")
    return [{**target, "revisionName": target.get("revisionName", latest)} for target in targets]


def shares(traffic: list[dict]) -> dict[str, int]:
    """Return how many of 100 requests each revision gets."""
    found: dict[str, int] = {}
    for target in traffic:
        found[target["revisionName"]] = found.get(target["revisionName"], 0) + target.get("percent", 0)
    return {name: percent for name, percent in found.items() if percent}


def reachable(traffic: list[dict]) -> set[str]:
    """Return the revisions that get requests: by their share, or by a tag."""
    return {target["revisionName"] for target in traffic if target.get("percent") or target.get("tag")}


def new_name(service: dict) -> str:
    """Return the name of a service's next revision, such as "ner-app-00002-xyz"."""
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(3))
    given = service["spec"]["template"].get("metadata", {}).get("name")
    return given or f"{service['metadata']['name']}-{service['metadata']['generation']:05d}-{letters}"
