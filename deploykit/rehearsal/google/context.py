"""What all requests to the rehearsal's Google Cloud share."""

import asyncio
import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.rehearsal.google import errors, faults
from deploykit.rehearsal.google.faults import Faults
from deploykit.rehearsal.google.operations import Operations
from deploykit.rehearsal.google.store import Store

if TYPE_CHECKING:
    from deploykit.rehearsal.google.api import Call

REGIONS = ("europe-west1", "europe-west4", "us-central1", "us-east1")


@dataclass
class Context:
    """One rehearsal cloud.

    Attributes:
        folder: where it keeps its files.
        project, number: the one project's id and number.
        token: the access token that the private gcloud configuration gets.
        loop: the event loop of the server, on which the public addresses of services listen.
    """

    folder: Path
    project: str
    number: str
    token: str
    loop: asyncio.AbstractEventLoop
    store: Store = field(init=False)
    operations: Operations = field(init=False)
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.folder / "state.db")
        self.operations = Operations(self.store)
        self.faults = Faults(self.store, project=self.project, number=self.number)

    @property
    def account(self) -> str:
        """The account that every request comes from."""
        return f"learner@{self.project}.iam.gserviceaccount.com"

    @property
    def account_file(self) -> Path:
        """The account's key."""
        return self.folder / "account.json"

    def require_token(self, call: "Call") -> None:
        """Refuse a caller that does not hold the token.

        Raises:
            ApiError: it does not.
        """
        if not hmac.compare_digest(call.headers.get("authorization", ""), f"Bearer {self.token}"):
            raise errors.unauthenticated()

    def require_project(self, project: str) -> None:
        """Refuse any project but the one there is.

        Raises:
            ApiError: it is another one.
        """
        if project not in (self.project, self.number):
            raise errors.permission_denied(
                f"Permission denied on resource project {project}. The rehearsal cloud has one project: {self.project}."
            )

    def require_api(self, service: str) -> None:
        """Refuse a request to an API that was not enabled.

        Raises:
            ApiError: it was not.
        """
        if self.store.get("api", service) is None:
            raise faults.api_disabled(service, project=self.project, number=self.number)

    def require_region(self, region: str) -> None:
        """Refuse a region that does not exist here.

        Raises:
            ApiError: it does not.
        """
        if region not in REGIONS:
            raise errors.permission_denied(f"Location {region} is not found or access is unauthorized.")
