"""What a deployment to the real cloud needs of the learner's accounts, checked one by one."""

from deploykit.errors import KitError
from deploykit.shell import CommandError, run

APIS = {
    "Cloud Run": ("run", "cloudbuild", "artifactregistry"),
    "App Engine": ("appengine", "appengineflex", "artifactregistry", "cloudbuild"),
    "Compute Engine": ("compute",),
    "Cloud Functions": ("cloudfunctions", "cloudbuild", "artifactregistry", "run"),
}
"""The APIs of Google Cloud that each platform's lesson uses."""

SECONDS = 60
"""Without a network gcloud tries again and again for half a minute."""


def google_user() -> str:
    """Return who is logged in to Google Cloud.

    Raises:
        KitError: nobody is.
    """
    user = run("gcloud auth list --filter=status:ACTIVE --format=value(account)", quiet=True).text
    if not user:
        raise KitError("Nobody is logged in to Google Cloud.", "Type: gcloud auth login")
    return user


def google_project() -> str:
    """Return the project of the learner's own configuration.

    Raises:
        KitError: none is chosen.
    """
    project = run("gcloud config get-value project", quiet=True).text
    if project in ("", "(unset)"):
        raise KitError(
            "No project is chosen.", "Type: gcloud projects list, then: gcloud config set project PROJECT_ID"
        )
    return project


def require_billing(project: str) -> None:
    """Make sure that somebody pays for the project.

    Raises:
        KitError: nobody does, or Google does not say.
    """
    command = ["gcloud", "billing", "projects", "describe", project, "--format=value(billingEnabled)"]
    if _ask_google(command, f"Google does not say whether {project} is billed") != "True":
        raise KitError(
            f"The project {project} has no billing account.",
            "Type: gcloud billing accounts list, then: "
            f"gcloud billing projects link {project} --billing-account=ACCOUNT",
        )


def disabled_apis(project: str, apis: tuple[str, ...]) -> list[str]:
    """Return which of the APIs, such as "run.googleapis.com", are not enabled in the project.

    Raises:
        KitError: Google does not say.
    """
    command = ["gcloud", "services", "list", "--enabled", f"--project={project}", "--format=value(config.name)"]
    enabled = _ask_google(command, f"Google does not say which APIs {project} has enabled").split()
    return [api for api in apis if api not in enabled]


def all_apis() -> tuple[str, ...]:
    """Return the full names of the APIs that any of the lessons uses."""
    return tuple(f"{name}.googleapis.com" for name in sorted({name for names in APIS.values() for name in names}))


def aws_user() -> str:
    """Return as whom ``aws`` is logged in.

    Raises:
        KitError: as nobody, or the cloud does not answer.
    """
    try:
        return run("aws sts get-caller-identity --query Arn --output text", quiet=True, timeout=SECONDS).text
    except CommandError as error:
        raise KitError(f"AWS does not let you in: {error.result.output.strip()}", "Type: aws configure") from None


def _ask_google(command: list[str], otherwise: str) -> str:
    try:
        return run(command, quiet=True, timeout=SECONDS).text
    except CommandError as error:
        raise KitError(f"{otherwise}: {error.result.output.strip()}", error.hint) from None
