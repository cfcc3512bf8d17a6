"""Deploying a function: its source becomes an image, and the image a service of Cloud Run, as in the 2nd generation."""

import time
from functools import partial
from pathlib import Path

from deploykit.rehearsal.google import buildpack, errors, function_service, images, objects, serving, uploads
from deploykit.rehearsal.google.api import Call
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.docker_step import BUILDER
from deploykit.rehearsal.google.knative import Key
from deploykit.rehearsal.google.operations import Progress
from deploykit.rehearsal.google.services import artifactregistry, cloudbuild, run, storage

KIND = "function"
REPOSITORY = "gcf-artifacts"
TYPE = "type.googleapis.com/google.cloud.functions.v2."
QUOTED_LINES = 15


def parse(name: str) -> tuple[str, str]:
    """Split ``projects/P/locations/L/functions/F`` into the place and the function."""
    _, _, _, location, _, function = name.split("/")
    return location, function


def service_key(name: str) -> Key:
    """Return the Cloud Run service that a function is."""
    location, function = parse(name)
    return Key(location, function.lower().replace("_", "-"))


def upload_place(context: Context, location: str, identifier: str) -> dict:
    """Return where the source of a function is uploaded to: an address, and what it becomes in Cloud Storage."""
    bucket = f"gcf-v2-uploads-{context.number}.{location}.cloudfunctions.appspot.com"
    name = f"{identifier}.zip"
    storage.ensure_bucket(context, bucket, location=location)
    place = {"bucket": bucket, "object": name}
    return {"uploadUrl": uploads.signed_url(context, bucket, name), "storageSource": place}


def deploy(context: Context, name: str, progress: Progress) -> dict:
    """Build and serve what the store says of a function, and return the response of the operation.

    Raises:
        ApiError: it failed, and the function stays as such.
    """
    stages = Stages(progress)
    try:
        image = _build(context, name, stages)
        _serve(context, name, image, stages)
    except Exception as error:
        with context.store.change(KIND, name) as function:
            message = {"severity": "ERROR", "type": "CloudRunServiceNotReady", "message": str(error)}
            function |= {"state": "FAILED", "updateTime": now(), "stateMessages": [message]}
        raise
    return {"@type": f"{TYPE}Function", **context.store.get(KIND, name)}


def remove(context: Context, name: str) -> None:
    """Remove a function with its service and its images; the repository and the bucket of sources stay, as they do."""
    key = service_key(name)
    if context.store.get(run.SERVICE, key.stored):
        run.delete(_run_call(context, key, "DELETE", {}))
    location, _ = parse(name)
    repository = f"projects/{context.project}/locations/{location}/repositories/{REPOSITORY}"
    for image, _, tags in images.in_repository(repository):
        if image == _image(context, name):
            images.remove(image, tags)
    objects.delete(context, *_source(context, name))
    context.store.delete(KIND, name)


class Stages:
    """The stages of a deployment, which gcloud shows: the build, and the service."""

    NAMES = ("BUILD", "SERVICE")

    def __init__(self, progress: Progress):
        self._progress = progress
        self._stages = self.new()

    @classmethod
    def new(cls) -> list[dict]:
        """Return the stages before anything has begun."""
        return [{"name": name, "state": "NOT_STARTED", "message": ""} for name in cls.NAMES]

    def update(self, name: str, state: str, **more: str) -> None:
        """Say how far a stage is."""
        self._stages = [{**stage, "state": state, **more} if stage["name"] == name else stage for stage in self._stages]
        self._progress.update(stages=self._stages)


def _build(context: Context, name: str, stages: Stages) -> str:
    location, _ = parse(name)
    stages.update("BUILD", "IN_PROGRESS")
    artifactregistry.ensure_repository(context, location, REPOSITORY)
    with context.store.change(KIND, name) as function:
        config = function["buildConfig"]
        config["source"] = {"storageSource": _keep_source(context, name, config["source"]["storageSource"])}
        version = function["version"] = function.get("version", 0) + 1
    image = f"{_image(context, name)}:version_{version}"
    args = ["build", "--file", buildpack.DOCKERFILE, "--tag", image, "."]
    build = {"source": config["source"], "steps": [{"name": BUILDER, "args": args}], "images": [image]}
    variables = config.get("environmentVariables", {})
    prepare = partial(buildpack.prepare, entry_point=config["entryPoint"], variables=variables)
    done = cloudbuild.run(context, build, location=location, prepare=prepare)
    _note_build(context, name, done, location)
    stages.update("BUILD", "COMPLETE", resource=done["name"], resourceUri=done["logUrl"])
    if done["status"] != "SUCCESS":
        raise errors.invalid(
            f"Build failed with status: {done['status']} and message: {cloudbuild.explain(context, done)}. "
            f"For more details see the logs at {done['logUrl']}."
        )
    return image


def _note_build(context: Context, name: str, build: dict, location: str) -> None:
    repository = f"projects/{context.project}/locations/{location}/repositories/{REPOSITORY}"
    with context.store.change(KIND, name) as function:
        function["buildConfig"] |= {"build": build["name"], "dockerRepository": repository}


def _serve(context: Context, name: str, image: str, stages: Stages) -> None:
    stages.update("SERVICE", "IN_PROGRESS")
    key, function = service_key(name), context.store.get(KIND, name)
    known = context.store.get(run.SERVICE, key.stored)
    body = function_service.describe(context, key, function, image)
    (run.replace if known else run.create)(_run_call(context, key, "PUT" if known else "POST", body))
    while (ready := run.find(context, key)["status"]["conditions"][0])["status"] == "Unknown":
        time.sleep(0.1)
    if ready["status"] != "True":
        raise errors.invalid(
            f"Could not create or update Cloud Run service {key.name}, Container Healthcheck failed. "
            f"{ready.get('message', '')}\n\n{_last_words(context, key)}"
        )
    stages.update("SERVICE", "COMPLETE")
    status = run.find(context, key)["status"]
    with context.store.change(KIND, name) as function:
        function["serviceConfig"] |= {
            "uri": status["url"],
            "service": f"projects/{context.project}/locations/{key.region}/services/{key.name}",
            "revision": status["latestReadyRevisionName"],
        }
        function |= {"state": "ACTIVE", "url": status["url"], "updateTime": now()}
        function.pop("stateMessages", None)


def _run_call(context: Context, key: Key, verb: str, body: dict) -> Call:
    """Return a request to Cloud Run as Cloud Functions makes it."""
    parent = f"namespaces/{context.project}"
    params = {"parent": parent, "name": f"{parent}/services/{key.name}"}
    return Call(context=context, api="run", verb=verb, path="", region=key.region, params=params, body=body)


def _last_words(context: Context, key: Key) -> str:
    newest_first = serving.logs(context, key.serving, limit=QUOTED_LINES)
    return "\n".join(line["text"] for line in reversed(newest_first) if "text" in line and not line.get("system"))


def _image(context: Context, name: str) -> str:
    location, function = parse(name)
    parts = (context.project.replace("-", "--"), location.replace("-", "--"), function.replace("_", "__"))
    return f"{location}-docker.pkg.dev/{context.project}/{REPOSITORY}/{'__'.join(parts).lower()}"


def _source(context: Context, name: str) -> tuple[str, str]:
    location, function = parse(name)
    return f"gcf-v2-sources-{context.number}-{location}", f"{function}/function-source.zip"


def _keep_source(context: Context, name: str, uploaded: dict) -> dict:
    """Move an uploaded source to where Cloud Functions keeps the sources of all functions in a place."""
    bucket, kept = _source(context, name)
    if (uploaded["bucket"], uploaded["object"]) == (bucket, kept):
        return uploaded
    if objects.get(context, uploaded["bucket"], uploaded["object"]) is None:
        raise errors.invalid(f"Source archive gs://{uploaded['bucket']}/{uploaded['object']} was not found.")
    storage.ensure_bucket(context, bucket, location=parse(name)[0])
    content: Path = objects.path(context, uploaded["bucket"], uploaded["object"])
    made = objects.put(context, bucket, kept, content.read_bytes(), content_type="application/zip")
    return {"bucket": bucket, "object": kept, "generation": made["generation"]}
