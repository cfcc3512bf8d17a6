"""Cloud Run's builds: ``gcloud run deploy --source`` hands the source over here, and Cloud Build builds it."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.services import cloudbuild


@handles("run.projects.locations.builds.submit")
def submit(call: Call) -> dict:
    """Begin the build of a source that has a Dockerfile."""
    _, project, _, location = call.params["parent"].split("/")
    call.context.require_project(project)
    call.context.require_api("run.googleapis.com")
    if "dockerBuild" not in call.body:
        raise errors.not_rehearsed("A build without a Dockerfile (by buildpacks)")
    build = cloudbuild.docker_build(call.body["storageSource"], call.body["imageUri"])
    return {"buildOperation": cloudbuild.submit(call.context, build, location=location)}
