"""App Engine's part of Cloud Logging: what versions were asked, and what their containers wrote, as lines of text."""

import hashlib
import json
from collections.abc import Iterable

from deploykit.rehearsal.google import serving
from deploykit.rehearsal.google.appengine.resources import LOGGED, serving_name
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.log_entries import MOST_ENTRIES
from deploykit.rehearsal.google.services import logging


@logging.source
def of_app_engine(context: Context) -> Iterable[dict]:
    """Return what all versions logged, those that are gone as well."""
    for name in context.store.list(LOGGED):
        service, version = name.split("/")
        labels = {"module_id": service, "version_id": version, "project_id": context.project}
        for line in serving.logs(context, serving_name(service, version), limit=MOST_ENTRIES):
            yield _entry(line, context.project, {"type": "gae_app", "labels": labels})


def _entry(line: dict, project: str, resource: dict) -> dict:
    log = "nginx.request" if "request" in line else "stdout"
    payload = {"httpRequest": line["request"]} if "request" in line else {"textPayload": line["text"]}
    return {
        "insertId": hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()[:20],
        "timestamp": line["timestamp"],
        "receiveTimestamp": line["timestamp"],
        "logName": f"projects/{project}/logs/appengine.googleapis.com%2F{log}",
        "severity": line["severity"],
        "resource": resource,
        "labels": {"instanceId": line["instance"]} if line.get("instance") else {},
        **payload,
    }
