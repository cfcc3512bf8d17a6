"""IAM: the project's one service account, as which builds and deployed services run."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import Context


def default_account(context: Context) -> str:
    """Return the e-mail address of the account that Google makes in every project."""
    return f"{context.number}-compute@developer.gserviceaccount.com"


@handles("iam.projects.serviceAccounts.get")
def get(call: Call) -> dict:
    """Return a service account."""
    email = call.params["name"].rpartition("/")[2]
    if email != default_account(call.context):
        raise errors.not_found(f"Unknown service account: {email}")
    return _account(call.context)


@handles("iam.projects.serviceAccounts.list")
def list_accounts(call: Call) -> dict:
    """Return the one service account."""
    return {"accounts": [_account(call.context)]}


def _account(context: Context) -> dict:
    email = default_account(context)
    return {
        "name": f"projects/{context.project}/serviceAccounts/{email}",
        "email": email,
        "projectId": context.project,
        "uniqueId": "100000000000000000001",
        "displayName": "Default compute service account",
    }
