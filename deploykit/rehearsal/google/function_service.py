"""A function as a service of Cloud Run, which is what it is in the 2nd generation."""

from deploykit.rehearsal.google import knative
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.knative import Key

CPUS = {128: "0.0833", 256: "0.1666", 512: "0.3333", 1024: "0.5833", 2048: "1", 4096: "2", 8192: "2", 16384: "4"}
"""The processors that come with so many MiB of memory, as Google's table has them (November 2026)."""

DEFAULTS = {
    "availableMemory": "256M", "timeoutSeconds": 60, "maxInstanceCount": 100, "maxInstanceRequestConcurrency": 1,
    "ingressSettings": "ALLOW_ALL", "allTrafficOnLatestRevision": True,
}  # fmt: skip


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
