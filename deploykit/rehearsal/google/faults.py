"""Faults on request: the next requests fail as they fail in the cloud, for lessons and tests."""

from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.store import Store

KIND = "fault"
HELP = "type.googleapis.com/google.rpc.Help"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
FAULTS = ("quota", "permission", "api_disabled", "image_missing", "slow_start")


class Faults:
    """What was asked to go wrong, written to the store by :mod:`deploykit.gcloud` and read by the server."""

    def __init__(self, store: Store, *, project: str, number: str):
        self._store, self._project, self._number = store, project, number

    def inject(self, fault: str, *, method: str, times: int = 1) -> None:
        """Let the next requests of a method fail.

        Args:
            fault: one of ``FAULTS``.
            method: Google's name of the method, such as "run.namespaces.services.create".
        """
        if fault not in FAULTS:
            raise ValueError(f"there is no fault called {fault!r}, only {', '.join(FAULTS)}")
        self._store.put(KIND, f"{method} {fault}", {"method": method, "fault": fault, "times": times})

    def take(self, fault: str, method: str) -> bool:
        """Tell whether a fault is due, and count it."""
        with self._store.transaction():
            name = f"{method} {fault}"
            found = self._store.get(KIND, name)
            if not found:
                return False
            found["times"] -= 1
            if found["times"] > 0:
                self._store.put(KIND, name, found)
            else:
                self._store.delete(KIND, name)
        return True

    def strike(self, method: str) -> None:
        """Refuse a request when a fault that concerns every method is due.

        Raises:
            ApiError: it is.
        """
        if self.take("quota", method):
            raise self._quota(method)
        if self.take("permission", method):
            raise self._permission(method)
        if self.take("api_disabled", method):
            raise api_disabled(f"{method.split('.')[0]}.googleapis.com", project=self._project, number=self._number)

    def _quota(self, method: str) -> ApiError:
        metric = f"{method.split('.')[0]}.googleapis.com/write_requests"
        return ApiError(
            429,
            "RESOURCE_EXHAUSTED",
            f"Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute' of service "
            f"'{method.split('.')[0]}.googleapis.com' for consumer 'project_number:{self._number}'.",
            details=[{"@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                      "metadata": {"quota_metric": metric, "consumer": f"projects/{self._number}"}}],
            reason="rateLimitExceeded",
        )  # fmt: skip

    def _permission(self, method: str) -> ApiError:
        service, *_, resource, verb = method.split(".")
        permission = f"{service}.{resource}.{verb}"
        return ApiError(
            403,
            "PERMISSION_DENIED",
            f"Permission '{permission}' denied on resource '//{service}.googleapis.com/projects/{self._project}' "
            "(or it may not exist).",
            details=[{"@type": ERROR_INFO, "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com",
                      "metadata": {"permission": permission, "resource": f"projects/{self._project}"}}],
            reason="forbidden",
        )  # fmt: skip


def api_disabled(service: str, *, project: str, number: str) -> ApiError:
    """Return Google's refusal of a request to an API that is not enabled."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    return ApiError(
        403,
        "PERMISSION_DENIED",
        f"{service} API has not been used in project {project} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry.",
        details=[
            {"@type": HELP, "links": [{"description": "Google developers console API activation", "url": url}]},
            {"@type": ERROR_INFO, "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
             "metadata": {"service": service, "consumer": f"projects/{number}"}},
        ],
        reason="accessNotConfigured",
    )  # fmt: skip
