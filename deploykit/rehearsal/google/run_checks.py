"""What Cloud Run refuses that its definition allows, in its words."""

import re
from collections.abc import Iterator

from deploykit.rehearsal.google import errors, knative
from deploykit.rehearsal.google.errors import ApiError

NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
CONTAINER = "spec.template.spec.containers[0]"
TAG = re.compile(r"[a-z]([-a-z0-9]{0,44}[a-z0-9])?")
HOSTS = re.compile(r"(docker\.io|([a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)")
MEMORY = {
    0.5: (128, 512),
    1: (128, 1024),
    2: (128, 4096),
    4: (128, 8192),
    6: (2048, 16384),
    8: (4096, 24576),
    9: (4096, 32768),
}
"""For fewer processors than the key: the least and the greatest memory in MiB (Google's table, November 2026)."""


def check_service(service: dict) -> None:
    """Refuse a service that could not be run.

    Raises:
        ApiError: the first thing that is wrong with it.
    """
    for problem in _problems(service):
        raise problem


def check_traffic(service: dict, revisions: set[str]) -> None:
    """Refuse shares of the traffic that make no sense.

    Raises:
        ApiError: they name an unknown revision, do not sum up to 100, or have a malformed tag.
    """
    targets = service["spec"].get("traffic", [])
    tags = [target["tag"] for target in targets if target.get("tag")]
    for number, target in enumerate(targets):
        tag = target.get("tag")
        if tag and not TAG.fullmatch(tag):
            raise errors.invalid(
                f"spec.traffic[{number}].tag: Invalid traffic tag '{tag}'. Tags must use only lowercase letters, "
                "numbers and '-', begin with a letter, and not end with a '-'."
            )
        if tags.count(tag) > 1:
            raise errors.invalid(f"spec.traffic[{number}].tag: The traffic tag '{tag}' must be unique in the service.")
        name = target.get("revisionName")
        if name and name not in revisions:
            raise errors.invalid(f"spec.traffic[{number}].revision_name: Revision '{name}' not found.")
    if targets and sum(target.get("percent", 0) for target in targets) != 100:
        raise errors.invalid("spec.traffic: Traffic percentages must sum to 100.")


def _problems(service: dict) -> Iterator[ApiError]:
    if not NAME.fullmatch(service["metadata"].get("name", "")):
        yield errors.invalid(
            "metadata.name: Resource name must use only lowercase, numbers and '-'. Must begin with a letter and "
            "cannot end with a '-'. Maximum length is 63 characters."
        )
    containers = service.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    if not containers:
        yield errors.invalid("spec.template.spec.containers: Revision template must contain at least one container.")
    if len(containers) > 1:
        yield errors.not_rehearsed("More than one container in an instance")
    yield from _container_problems(containers[0])
    yield from _limit_problems(containers[0].get("resources", {}).get("limits", {}))
    yield from _concurrency_problems(service["spec"]["template"]["spec"])
    yield from _scale_problems(service)


def _container_problems(container: dict) -> Iterator[ApiError]:
    image = container.get("image", "")
    host, slash, _ = image.partition("/")
    if not image:
        yield errors.invalid(f"{CONTAINER}.image: The image must be specified.")
    if slash and ("." in host or ":" in host) and not HOSTS.fullmatch(host):
        yield errors.invalid(
            f"{CONTAINER}.image: Expected an image path like [host/]repo-path[:tag and/or @digest], where host is one "
            f"of [region.]gcr.io, [region-]docker.pkg.dev or docker.io but obtained {image}. To deploy container "
            "images from other public or private registries, set up an Artifact Registry remote repository. See "
            "https://cloud.google.com/artifact-registry/docs/repositories/remote-repo."
        )
    for variable in container.get("env", []):
        if variable["name"] in ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"):
            yield errors.invalid(
                "spec.template.spec.containers.env: The following reserved env names were provided: "
                f"{variable['name']}. These values are automatically set by the system."
            )
        if "valueFrom" in variable:
            yield errors.not_rehearsed("A secret in an environment variable")


def _limit_problems(limits: dict) -> Iterator[ApiError]:
    try:
        cpus, memory = knative.cpus(limits.get("cpu", "1")), knative.mebibytes(limits.get("memory", "512Mi"))
    except ValueError:
        yield errors.invalid(f"{CONTAINER}.resources.limits: Invalid quantity: {limits}")
        return
    if not (0.08 <= cpus <= 1 or cpus in (2, 4, 6, 8)):
        yield errors.invalid(
            f"{CONTAINER}.resources.limits.cpu: Invalid value specified for cpu. Must be equal to one of [.08-1], 1, "
            "2, 4, 6, 8"
        )
    least, greatest = next(limit for more, limit in MEMORY.items() if cpus < more)
    if not least <= memory <= greatest:
        yield errors.invalid(
            f"{CONTAINER}.resources.limits.memory: Invalid value specified for container memory. For {cpus} CPU, "
            f"memory must be between {_size(least)} and {_size(greatest)} inclusive.\nFor more troubleshooting "
            "guidance, see https://cloud.google.com/run/docs/configuring/memory-limits"
        )


def _concurrency_problems(spec: dict) -> Iterator[ApiError]:
    cpu = spec["containers"][0].get("resources", {}).get("limits", {}).get("cpu", "1")
    concurrency = spec.get("containerConcurrency") or knative.CONCURRENCY
    if knative.cpus(cpu) < 1 and concurrency > 1:
        yield errors.invalid(
            "spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. Total cpu < 1 is "
            "not supported with concurrency > 1."
        )
    if not 0 <= concurrency <= 1000:
        yield errors.invalid("spec.template.spec.container_concurrency: must be between 0 and 1000.")


def _scale_problems(service: dict) -> Iterator[ApiError]:
    smallest, largest = knative.scale(service)
    spec = service["spec"]["template"]["spec"]
    if smallest > largest:
        yield errors.invalid(
            "spec.template.metadata.annotations[autoscaling.knative.dev/minScale]: min-instances "
            f"({smallest}) must not be greater than max-instances ({largest})."
        )
    if not 1 <= spec.get("timeoutSeconds", 300) <= 3600:
        yield errors.invalid("spec.template.spec.timeout_seconds: should be between 1 and 3600.")


def _size(mebibytes: int) -> str:
    return f"{mebibytes // 1024}Gi" if mebibytes >= 1024 else f"{mebibytes}Mi"
