"""Cloud Build: builds of container images on the local engine."""

import re
from collections.abc import Callable

from deploykit.rehearsal.google import build_log, builds
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.builds import ENDED
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.docker_step import BUILDER
from deploykit.rehearsal.google.services.iam import default_account

API = "cloudbuild.googleapis.com"
TYPE = "type.googleapis.com/google.devtools.cloudbuild.v1."
STATUS = re.compile(r"QUEUED|WORKING|" + "|".join(ENDED))
UNKNOWN = 2
QUOTED_LINES = 5


@handles("cloudbuild.projects.builds.create")
def create(call: Call) -> dict:
    """Begin a build."""
    call.context.require_project(call.params["projectId"])
    return submit(call.context, call.body)


@handles("cloudbuild.projects.locations.builds.create")
def create_somewhere(call: Call) -> dict:
    """Begin a build in a region, or "global"."""
    _, project, _, location = call.params["parent"].split("/")
    call.context.require_project(project)
    return submit(call.context, call.body, location=location)


@handles("cloudbuild.projects.builds.get", "cloudbuild.projects.locations.builds.get")
def get(call: Call) -> dict:
    """Return a build."""
    return builds.find(call.context, _identifier(call))


@handles("cloudbuild.projects.builds.list", "cloudbuild.projects.locations.builds.list")
def list_builds(call: Call) -> dict:
    """Return the builds, the newest first; of a filter only the statuses are read."""
    call.context.require_api(API)
    wanted = STATUS.findall(call.query.get("filter", ""))
    found = [build for build in builds.listing(call.context) if not wanted or build["status"] in wanted]
    return {"builds": found[: int(call.query.get("pageSize", 50))]}


@handles("cloudbuild.projects.builds.cancel", "cloudbuild.projects.locations.builds.cancel")
def cancel(call: Call) -> dict:
    """End a build."""
    return builds.cancel(call.context, _identifier(call))


@handles("cloudbuild.operations.get", "cloudbuild.projects.locations.operations.get")
def get_operation(call: Call) -> dict:
    """Return the operation that stands for a build."""
    return operation(builds.find(call.context, call.params["name"].rpartition("/")[2]))


@handles("cloudbuild.projects.locations.getDefaultServiceAccount")
def get_default_account(call: Call) -> dict:
    """Return the account as which builds run."""
    email = default_account(call.context)
    account = f"projects/{call.context.project}/serviceAccounts/{email}"
    return {"name": call.params["name"], "serviceAccountEmail": account}


def submit(context: Context, build: dict, *, location: str = "global") -> dict:
    """Begin a build, given as Google's ``Build`` resource, and return its long-running operation.

    Raises:
        ApiError: it is refused.
    """
    context.require_api(API)
    made = builds.create(context, build, location=location)
    started = operation(made)
    builds.start(context, made)
    return started


def docker_build(source: dict, image: str) -> dict:
    """Return the ``Build`` that makes an image of a source with a Dockerfile.

    Args:
        source: where its archive is, a ``StorageSource``.
    """
    step = {"name": BUILDER, "args": ["build", "--tag", image, "."]}
    return {"source": {"storageSource": source}, "steps": [step], "images": [image]}


def run(context: Context, build: dict, *, location: str, prepare: Callable | None = None) -> dict:
    """Run a build, wait until it has ended, and return it.

    Args:
        prepare: is handed the folder of the source before the steps run.
    """
    context.require_api(API)
    return builds.run(context, builds.create(context, build, location=location), prepare=prepare)


def explain(context: Context, build: dict) -> str:
    """Return why a build failed: what it says itself, and the last lines of its log."""
    text = build_log.BuildLog(context, build).path.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join([build["statusDetail"], *lines[-QUOTED_LINES - 2 : -2]])


def operation(build: dict) -> dict:
    """Return the operation that stands for a build."""
    location = build["name"].split("/")[3]
    parent = "operations/build/" + build["projectId"]
    if location != "global":
        parent = f"projects/{build['projectId']}/locations/{location}/operations"
    made = {
        "name": f"{parent}/{build['id']}",
        "metadata": {"@type": f"{TYPE}BuildOperationMetadata", "build": build},
        "done": build["status"] in ENDED,
    }
    if build["status"] == "SUCCESS":
        made["response"] = {"@type": f"{TYPE}Build", **build}
    elif made["done"]:
        made["error"] = {"code": UNKNOWN, "message": f"Build failed; {build['statusDetail']}"}
    return made


def _identifier(call: Call) -> str:
    call.context.require_api(API)
    return call.params.get("id") or call.params["name"].rpartition("/")[2]
