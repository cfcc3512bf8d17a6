"""Builds: fetch the source, run the steps, push the images, and write down how it went."""

import logging
import re
import shutil
import threading
import time
import uuid
from pathlib import Path

from deploykit.errors import KitError
from deploykit.paths import LOGS
from deploykit.rehearsal.google import build_log, build_parts, docker_step, errors, substitutions
from deploykit.rehearsal.google.build_log import BuildLog
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.docker_step import Job

log = logging.getLogger("rehearsal")
KIND = "build"
ENDED = ("SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED")
TIMEOUT = "600s"
WHY_ENDED = {"CANCELLED": "build cancelled", "TIMEOUT": "build timed out"}
IMAGE_NAME = re.compile(r"[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*(?::[\w.-]{1,128})?")
_jobs: dict[str, Job] = {}


def create(context: Context, build: dict, *, location: str) -> dict:
    """Check a build as it was sent, write it down and return it; it waits to be run.

    Raises:
        ApiError: it is refused.
    """
    identifier = str(uuid.uuid4())
    if not build.get("steps"):
        raise errors.invalid("generic::invalid_argument: invalid build: no build steps")
    built_in = {
        "BUILD_ID": identifier, "PROJECT_ID": context.project, "PROJECT_NUMBER": context.number, "LOCATION": location,
    }  # fmt: skip
    build = substitutions.expand(build, built_in)
    for step in build["steps"]:
        docker_step.check(step)
    for image in build.get("images", []):
        if not IMAGE_NAME.fullmatch(image):
            raise errors.invalid(f'generic::invalid_argument: invalid image name "{image}": could not parse reference')
    console = "https://console.cloud.google.com/cloud-build/builds"
    build |= {
        "id": identifier, "projectId": context.project, "status": "QUEUED", "createTime": now(),
        "name": f"projects/{context.number}/locations/{location}/builds/{identifier}",
        "logsBucket": build.get("logsBucket") or f"gs://{build_log.bucket_of(context)}",
        "logUrl": f"{console};region={location}/{identifier}?project={context.number}",
        "timeout": build.get("timeout", TIMEOUT), "queueTtl": "3600s",
        "options": {"logging": "LEGACY", **build.get("options", {})},
        "artifacts": {**build.get("artifacts", {}), "images": build.get("images", [])},
    }  # fmt: skip
    _jobs[identifier] = Job(deadline=float(build["timeout"].removesuffix("s")))
    context.store.put(KIND, identifier, build)
    return build


def start(context: Context, build: dict) -> None:
    """Run a build in a thread of its own."""
    threading.Thread(target=run, args=(context, build), name=f"build {build['id']}", daemon=True).start()


def run(context: Context, build: dict, *, prepare: build_parts.Prepare | None = None) -> dict:
    """Run a build and return it as it ended."""
    job = _jobs[build["id"]]
    timer = threading.Timer(job.deadline, job.end, ["TIMEOUT"])
    timer.start()
    try:
        return _run(context, build, job=job, prepare=prepare)
    finally:
        timer.cancel()
        del _jobs[build["id"]]


def find(context: Context, identifier: str) -> dict:
    """Return a build.

    Raises:
        ApiError: there is none.
    """
    runs = identifier in _jobs  # looked at first: a build that ends meanwhile has been written down before
    build = context.store.get(KIND, identifier)
    if build is None:
        raise errors.not_found(f"generic::not_found: build {identifier} not found")
    if build["status"] not in ENDED and not runs:
        build |= {"status": "INTERNAL_ERROR", "statusDetail": "The rehearsal cloud was restarted meanwhile."}
        build["finishTime"] = now()
        context.store.put(KIND, identifier, build)
    return build


def listing(context: Context) -> list[dict]:
    """Return all builds, the newest first."""
    return [find(context, identifier) for identifier in reversed(context.store.list(KIND))]


def cancel(context: Context, identifier: str) -> dict:
    """End a build that runs, wait until it has ended, and return it.

    Raises:
        ApiError: there is none, or it has ended already.
    """
    if find(context, identifier)["status"] in ENDED:
        raise errors.failed_precondition("generic::failed_precondition: cannot cancel a build that has completed")
    if job := _jobs.get(identifier):
        job.end("CANCELLED")
    while identifier in _jobs:
        time.sleep(0.05)
    return find(context, identifier)


def _run(context: Context, build: dict, *, job: Job, prepare: build_parts.Prepare | None) -> dict:
    build |= {"status": "WORKING", "startTime": now(), "timing": {}}
    context.store.put(KIND, build["id"], build)
    workspace = context.folder / "builds" / build["id"]
    workspace.mkdir(parents=True, mode=0o700)
    with BuildLog(context, build) as out:
        build |= _outcome(context, build, workspace, job=job, out=out, prepare=prepare)
        out.write("DONE" if build["status"] == "SUCCESS" else f"ERROR\nERROR: {build['statusDetail']}")
    _keep_log(build, out.path)
    shutil.rmtree(workspace, ignore_errors=True)
    build["finishTime"] = now()
    context.store.put(KIND, build["id"], build)
    return build


def _outcome(
    context: Context, build: dict, workspace: Path, *, job: Job, out: BuildLog, prepare: build_parts.Prepare | None
) -> dict:
    try:
        out.write(f'starting build "{build["id"]}"\n')
        build_parts.fetch_source(context, build, workspace, out=out)
        if prepare:
            build_parts.prepare_source(prepare, workspace)
        build_parts.timed(build, "BUILD", lambda: build_parts.run_steps(context, build, workspace, job=job, out=out))
        pushed = build_parts.timed(build, "PUSH", lambda: build_parts.push_images(context, build, out))
        return {"status": "SUCCESS", "results": {"images": pushed}}
    except build_parts.Failed as error:
        status = job.ended_as or "FAILURE"
        detail = WHY_ENDED.get(status, error.detail)
        return {"status": status, "statusDetail": detail, "failureInfo": {"type": error.kind, "detail": detail}}
    except KitError as error:
        return {"status": "INTERNAL_ERROR", "statusDetail": str(error)}
    except Exception as error:
        log.exception("The build %s failed", build["id"])
        return {"status": "INTERNAL_ERROR", "statusDetail": f"The rehearsal cloud failed: {error!r}"}


def _keep_log(build: dict, file: Path) -> None:
    """Keep what docker said where teardown looks for the images that it left half-way."""
    LOGS.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, LOGS / f"rehearsal-docker-build-{build['id']}.log")
