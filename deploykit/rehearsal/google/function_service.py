"""A function as a service of Cloud Run, which is what it is in the 2nd generation."""

from deploykit.rehearsal.google import field_mask, knative
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.knative import Key

CPUS = {128: "0.0833", 256: "0.1666", 512: "0.3333", 1024: "0.5833", 2048: "1", 4096: "2", 8192: "2", 16384: "4"}
"""The processors that come with so many MiB of memory, as Google's table has them (November 2026)."""

DEFAULTS = {
    "availableMemory": "256M", "timeoutSeconds": 60, "maxInstanceCount": 100, "maxInstanceRequestConcurrency": 1,
    "ingressSettings": "ALLOW_ALL", "allTrafficOnLatestRevision": True,
}  # fmt: skip

PARTS = ("buildConfig", "serviceConfig")
CHANGEABLE = (*PARTS, "description", "eventTrigger", "kmsKeyName", "labels")
MEMORY, CPU = "serviceConfig.availableMemory", "serviceConfig.availableCpu"


def changed(old: dict, body: dict, mask: str) -> dict:
    """Return a function as a request wants it: the fields of the mask, or without one those of the request, are new."""
    paths = field_mask.paths(mask) or _fields(body)
    if MEMORY in paths and CPU not in paths:
        paths.append(CPU)  # the processors come with the memory, and the old ones may not fit it
    return field_mask.changed(old, body, [path for path in paths if path.partition(".")[0] in CHANGEABLE])


def settings(given: dict) -> dict:
    """Return how a function is served: what was asked for, and Google's defaults for the rest."""
    config = {**DEFAULTS, **given}
    memory = knative.mebibytes(config["availableMemory"])
    fitting = [cpus for mebibytes, cpus in CPUS.items() if memory <= mebibytes]
    return {**config, "availableCpu": given.get("availableCpu") or next(iter(fitting), "8")}


def describe(context: Context, key: Key, function: dict, image: str) -> dict:
    """Return the service that Cloud Run is asked to run: one container of the function's image."""
    config = function["serviceConfig"]
    target = {"FUNCTION_TARGET": function["buildConfig"]["entryPoint"]}
    variables = {**config.get("environmentVariables", {}), **target}
    container = {
        "image": image,
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "resources": {"limits": {"cpu": config["availableCpu"], "memory": config["availableMemory"]}},
    }
    scale = {
        knative.MAX_SCALE: str(config["maxInstanceCount"]),
        knative.MIN_SCALE: str(config.get("minInstanceCount", 0)),
    }
    template = {
        "containerConcurrency": config["maxInstanceRequestConcurrency"],
        "timeoutSeconds": config["timeoutSeconds"],
        "containers": [container],
    }
    labels = {**function.get("labels", {}), "goog-managed-by": "cloudfunctions"}
    return {
        **knative.API,
        "kind": "Service",
        "metadata": {"name": key.name, "namespace": context.number, "labels": labels},
        "spec": {"template": {"metadata": {"annotations": scale}, "spec": template}},
    }


def _fields(body: dict) -> list[str]:
    parts = [f"{part}.{name}" for part in PARTS for name in body.get(part, {})]
    return parts + [name for name in body if name not in PARTS]
