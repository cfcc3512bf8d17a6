"""One request of gcloud: which method of which API it means, and the function that handles it."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from deploykit.rehearsal.google import discovery, errors
from deploykit.rehearsal.google.errors import ApiError

if TYPE_CHECKING:
    from deploykit.rehearsal.google.context import Context

log = logging.getLogger("rehearsal")
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@dataclass(frozen=True)
class Answer:
    """An answer that is not JSON; a ``file`` takes the content's place, and parts of it can be asked for."""

    content: bytes = b""
    status: int = 200
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None


@dataclass(frozen=True)
class Call:
    """A request.

    Attributes:
        api: the API's name, such as "run".
        region: the region in the host's name, such as "europe-west1", or "".
        path: as it was sent, with its escapes.
        params: the parameters in the path, by Google's names for them.
        query: a value, or a list of values where a name came more than once.
        body: the JSON of the request; {} when there was none.
        raw: the bytes of the request.
        context: what all requests share.
    """

    context: "Context"
    api: str
    verb: str
    path: str
    region: str = ""
    params: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    raw: bytes = b""


Handler = Callable[[Call], "dict | Answer"]
_handlers: dict[str, Handler] = {}
_without_definition: dict[tuple[str, str], Handler] = {}


def handles(*method_ids: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of methods, by Google's names for them."""

    def register(function: Handler) -> Handler:
        _handlers.update(dict.fromkeys(method_ids, function))
        return function

    return register


def handles_undefined(api: str, *verbs: str) -> Callable[[Handler], Handler]:
    """Register a handler of requests that no definition knows, such as downloads by Cloud Storage's XML API.

    It has to ask for the token itself (``call.context.require_token(call)``): a signed URL carries none.
    """

    def register(function: Handler) -> Handler:
        _without_definition.update({(api, verb): function for verb in verbs})
        return function

    return register


def handled() -> set[str]:
    """Return the names of all methods that have a handler."""
    return set(_handlers)


def which_api(host: str, path: str) -> tuple[str, str]:
    """Return the API and the region that a host means: ``europe-west1-run.googleapis.com`` is run in europe-west1."""
    name = host.removesuffix(".googleapis.com")
    if name == "www":  # https://www.googleapis.com/storage/v1/…
        return path.removeprefix("/upload").split("/")[1], ""
    region, _, api = name.rpartition("-")
    return api, region


def dispatch(call: Call) -> "dict | Answer":
    """Find the method that a request means, check the request as Google would, and handle it.

    Raises:
        ApiError: it is refused.
    """
    found = discovery.match(call.api, call.verb, call.path)
    if found is None:
        handler = _without_definition.get((call.api, call.verb))
        if handler is None:
            raise errors.not_rehearsed(f"{call.verb} {call.path} of {call.api}.googleapis.com")
        return handler(call)
    call.context.require_token(call)
    method, params = found
    call = Call(**{**vars(call), "params": params, "body": {} if method.upload else _json(call.raw)})
    _refuse_what_google_refuses(method, call)
    call.context.faults.strike(method.id)
    answer = _handlers[method.id](call)
    if isinstance(answer, dict):
        for problem in discovery.problems_with_answer(method, answer):
            log.error("ANSWER does not fit Google's definition of %s: %s", method.id, problem)
    return answer


def parse_query(query: str) -> dict[str, Any]:
    """Return a query's values by name; a list where a name came more than once."""
    return {name: values[0] if len(values) == 1 else values for name, values in parse_qs(query, True).items()}


def _json(raw: bytes) -> dict:
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise errors.invalid(f"Invalid JSON payload received. {error}") from None
    if not isinstance(body, dict):
        raise errors.invalid("Invalid JSON payload received. Root element must be a message.")
    return body


def _refuse_what_google_refuses(method: discovery.Method, call: Call) -> None:
    problems = discovery.problems_with_query(method, call.query)
    problems += discovery.problems_with_body(method, call.body)
    if problems:
        violations = [{"description": problem} for problem in problems]
        raise errors.invalid("\n".join(problems), details=[{"@type": BAD_REQUEST, "fieldViolations": violations}])


def etag(text: str) -> str:
    """Return an etag; the API's field holds bytes, and gcloud ends with a crash when they are not base64."""
    return base64.b64encode(text.encode()).decode()


__all__ = ["Answer", "ApiError", "Call", "dispatch", "etag", "handled", "handles", "handles_undefined", "which_api"]
