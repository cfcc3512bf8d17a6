"""Cloud Logging's entries, made of what a service logged."""

import hashlib
import json

from deploykit.rehearsal.google import serving
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.log_filter import SEVERITIES

MOST_ENTRIES = 100_000


def of_service(
    context: Context,
    service: str,
    resource: dict,
    *,
    label: str = "revision_name",
    labels: dict | None = None,
    product: str = "run.googleapis.com",
) -> list[dict]:
    """Return all that a service logged, newest first.

    Args:
        service: its name for :mod:`deploykit.rehearsal.google.serving`.
        resource: the monitored resource, with "type" and "labels".
        label: which label of the resource gets the revision's name.
        labels: further labels of every entry.
        product: what the names of the logs begin with.
    """
    lines = serving.logs(context, service, limit=MOST_ENTRIES)
    logs = f"projects/{context.project}/logs/{product}%2F"
    common = {**resource["labels"], "project_id": context.project}
    return [
        _entry(line, logs, {**resource, "labels": {**common, label: line["revision"]}}, labels or {}) for line in lines
    ]


def _entry(line: dict, logs: str, resource: dict, labels: dict) -> dict:
    log, payload = _payload(line)
    instance = {"instanceId": line["instance"]} if line.get("instance") else {}
    return {
        "insertId": hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()[:20],
        "timestamp": line["timestamp"],
        "receiveTimestamp": line["timestamp"],
        "logName": logs + log,
        "severity": line["severity"],
        "resource": resource,
        "labels": {**labels, **instance},
        **payload,
    }


def _payload(line: dict) -> tuple[str, dict]:
    """Return which log a line belongs to, and its content; a JSON object on a line stays one, as in the cloud."""
    if "request" in line:
        return "requests", {"httpRequest": line["request"]}
    if line.get("system"):
        return "varlog%2Fsystem", {"textPayload": line["text"]}
    found = _json(line["text"])
    if found is None:
        return "stdout", {"textPayload": line["text"]}
    severity = str(found.pop("severity", line["severity"])).upper()
    return "stdout", {"jsonPayload": found, "severity": severity if severity in SEVERITIES else line["severity"]}


def _json(text: str) -> dict | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
