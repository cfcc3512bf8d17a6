"""The objects of Cloud Run's v1 API, which are Knative's, and what a service's template asks for."""

import secrets
from dataclasses import dataclass

from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.serving import Revision

API = {"apiVersion": "serving.knative.dev/v1"}
MAX_SCALE = "autoscaling.knative.dev/maxScale"
MIN_SCALE = "autoscaling.knative.dev/minScale"
SERVICE_MAX_SCALE = "run.googleapis.com/maxScale"
SERVICE_MIN_SCALE = "run.googleapis.com/minScale"
LOCATION = "cloud.googleapis.com/location"
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
DEFAULT_PROBE = {"periodSeconds": 240, "failureThreshold": 1}
"""A container has four minutes to listen when its owner sets no probe."""

CONCURRENCY = 80
"""How many requests an instance gets at a time when its owner says nothing, or 0."""

MOST_INSTANCES = 10
"""Cloud Run's own default is 100; a laptop bears fewer."""


@dataclass(frozen=True)
class Key:
    """Which service is meant."""

    region: str
    name: str

    @property
    def stored(self) -> str:
        """Its name in the store."""
        return f"{self.region}/{self.name}"

    @property
    def serving(self) -> str:
        """Its name for :mod:`deploykit.rehearsal.google.serving`."""
        return f"run/{self.region}/{self.name}"

    def resource(self, context: Context) -> str:
        """Return its name for IAM."""
        return f"projects/{context.project}/locations/{self.region}/services/{self.name}"


def cpus(quantity: str) -> float:
    """Read an amount of processors, such as "2" or "500m"."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def mebibytes(quantity: str) -> int:
    """Read an amount of memory, such as "512Mi" or "2G"."""
    number = quantity.rstrip("kKMGi")
    return int(float(number) * UNITS.get(quantity[len(number) :], 1) / 2**20)


def revision(name: str, service: dict) -> Revision:
    """Return what a service's template asks for as a revision that can be run."""
    template = service["spec"]["template"]
    spec, container = template["spec"], template["spec"]["containers"][0]
    limits = container.get("resources", {}).get("limits", {})
    own, probe = service["metadata"]["name"], container.get("startupProbe", DEFAULT_PROBE)
    smallest, largest = scale(service)
    seconds = probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
    return Revision(
        name=name,
        image=container["image"],
        port=port(container),
        env={"K_SERVICE": own, "K_REVISION": name, "K_CONFIGURATION": own, **variables(container)},
        cpus=cpus(limits.get("cpu", "1")),
        memory_mib=mebibytes(limits.get("memory", "512Mi")),
        concurrency=spec.get("containerConcurrency") or CONCURRENCY,
        min_instances=min(smallest, MOST_INSTANCES),
        max_instances=min(largest, MOST_INSTANCES),
        startup_seconds=seconds,
        timeout_seconds=spec.get("timeoutSeconds") or 300,
        command=tuple(container.get("command", ())),
        args=tuple(container.get("args", ())),
        ready_path=probe.get("httpGet", {}).get("path", ""),
    )


def port(container: dict) -> int:
    """Return where a container has to listen."""
    return (container.get("ports") or [{}])[0].get("containerPort", 8080)


def variables(container: dict) -> dict[str, str]:
    """Return a container's own environment variables."""
    return {variable["name"]: variable.get("value", "") for variable in container.get("env", [])}


def scale(service: dict) -> tuple[int, int]:
    """Return the least and the greatest number of instances."""
    of_template = service["spec"]["template"].get("metadata", {}).get("annotations", {})
    of_service = service["metadata"].get("annotations", {})
    smallest = of_template.get(MIN_SCALE, of_service.get(SERVICE_MIN_SCALE, 0))
    largest = of_template.get(MAX_SCALE, of_service.get(SERVICE_MAX_SCALE, 100))
    return int(smallest), int(largest)


def condition(kind: str, status: bool | None, *, reason: str = "", message: str = "") -> dict:
    """Return one line of an object's state; ``None`` means that it is being changed."""
    text = {True: "True", False: "False", None: "Unknown"}[status]
    about = {"reason": reason, "message": message}
    return {
        "type": kind, "status": text, "lastTransitionTime": now(),
        **{name: value for name, value in about.items() if value},
    }  # fmt: skip


def service_metadata(context: Context, key: Key, metadata: dict, old: dict | None) -> dict:
    """Return a service's metadata with what the platform adds to it."""
    annotations = {"run.googleapis.com/ingress": "all", **metadata.get("annotations", {})}
    before = old["metadata"] if old else {"uid": secrets.token_hex(16), "creationTimestamp": now()}
    creator = before.get("annotations", {}).get("serving.knative.dev/creator", context.account)
    return {
        **metadata,
        "namespace": context.number,
        "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{context.number}/services/{key.name}",
        "uid": before["uid"],
        "creationTimestamp": before["creationTimestamp"],
        "generation": before.get("generation", 0) + 1,
        "resourceVersion": f"AAY{secrets.token_hex(6)}",
        "labels": {**metadata.get("labels", {}), LOCATION: key.region},
        "annotations": {
            **annotations,
            "run.googleapis.com/ingress-status": annotations["run.googleapis.com/ingress"],
            "serving.knative.dev/creator": creator,
            "serving.knative.dev/lastModifier": context.account,
        },
    }


def revision_object(context: Context, key: Key, name: str, service: dict) -> dict:
    """Return a new revision as the API shows it."""
    template = service["spec"]["template"]
    metadata = template.get("metadata", {})
    return {
        **API,
        "kind": "Revision",
        "metadata": {
            "name": name,
            "namespace": context.number,
            "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{context.number}/revisions/{name}",
            "uid": secrets.token_hex(16),
            "generation": 1,
            "resourceVersion": f"AAY{secrets.token_hex(6)}",
            "creationTimestamp": now(),
            "labels": {
                **metadata.get("labels", {}),
                LOCATION: key.region,
                "serving.knative.dev/service": key.name,
                "serving.knative.dev/configuration": key.name,
            },
            "annotations": {**metadata.get("annotations", {}), "serving.knative.dev/creator": context.account},
        },
        "spec": template["spec"],
        "status": {"observedGeneration": 1, "conditions": [condition("Ready", None)]},
    }
