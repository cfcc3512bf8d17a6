"""The parts of a build: fetching the source, running the steps, pushing the images."""

from collections.abc import Callable
from pathlib import Path

from deploykit.rehearsal.google import docker_step, errors, images, sources
from deploykit.rehearsal.google.build_log import BuildLog
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.docker_step import Job

Prepare = Callable[[Path], None]
"""What is done to the source before the steps, such as writing a Dockerfile."""


class Failed(Exception):
    """A build that fails, and which part of it did."""

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind, self.detail = kind, detail


def fetch_source(context: Context, build: dict, workspace: Path, *, out: BuildLog) -> None:
    """Unpack what is to be built.

    Raises:
        Failed: it is not there, or is no archive.
    """
    source = build.get("source", {}).get("storageSource")
    if not source:
        return
    out.write("FETCHSOURCE")
    out.write(f"Fetching storage object: gs://{source['bucket']}/{source['object']}#{source.get('generation', '')}")
    try:
        sources.unpack(context, source, workspace)
    except errors.ApiError as error:
        raise Failed("FETCH_SOURCE_FAILED", error.message) from None


def prepare_source(prepare: Prepare, workspace: Path) -> None:
    """Do to the source what has to be done before the steps.

    Raises:
        Failed: the source does not allow it.
    """
    try:
        prepare(workspace)
    except errors.ApiError as error:
        raise Failed("USER_BUILD_STEP", error.message) from None


def run_steps(context: Context, build: dict, workspace: Path, *, job: Job, out: BuildLog) -> None:
    """Run the steps, one after the other.

    Raises:
        Failed: one of them did.
    """
    out.write("BUILD")
    several = len(build["steps"]) > 1
    for number, step in enumerate(build["steps"]):
        label = f"Step #{number}" + (f' - "{step["id"]}"' if "id" in step else "")
        prefix = f"{label}: " if several else ""
        if several:
            out.write(f"Starting {label}")
        out.write(f"{prefix}Already have image (with digest): {step['name']}")
        status = docker_step.run(context, step, workspace, job=job, say=lambda line, p=prefix: out.write(p + line))
        if several:
            out.write(f"Finished {label}")
        step["status"] = "FAILURE" if status else "SUCCESS"
        if status:
            raise Failed(
                "USER_BUILD_STEP",
                f'build step {number} "{step["name"]}" failed: step exited with non-zero status: {status}',
            )


def push_images(context: Context, build: dict, out: BuildLog) -> list[dict]:
    """Push the images that the build promises, and return their names and digests.

    Raises:
        Failed: an image was not built, or there is no repository for it.
    """
    out.write("PUSH")
    pushed = []
    for name in build.get("images", []):
        out.write(f"Pushing {name}")
        try:
            pushed.append({"name": name, "digest": docker_step.push(context, name, out.write)})
        except errors.ApiError as error:
            out.write(error.message)
            images.discard(name)  # it would have gone with Google's build machine
            kind = "PUSH_IMAGE_NOT_FOUND" if "locally" in error.message else "PUSH_FAILED"
            raise Failed(kind, f'error pushing image "{name}": {error.message}') from None
    return pushed


def timed(build: dict, part: str, work: Callable[[], list | None]) -> list | None:
    """Do a part of a build and write down from when to when."""
    build["timing"][part] = {"startTime": now()}
    try:
        return work()
    finally:
        build["timing"][part]["endTime"] = now()
