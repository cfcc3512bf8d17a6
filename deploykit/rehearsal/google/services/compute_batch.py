"""Batches: gcloud sends several of Compute Engine's requests as one, such as the deletion of two instances."""

import email
import email.message
import json
import secrets
from http import HTTPStatus
from http.client import parse_headers
from io import BytesIO
from urllib.parse import urlsplit

from deploykit.rehearsal.google import api, errors
from deploykit.rehearsal.google.api import Answer, Call, handles_undefined

PATH = "/batch/compute/v1"


@handles_undefined("compute", "POST")
def answer_all(call: Call) -> Answer:
    """Answer every request of a batch, in their order."""
    call.context.require_token(call)
    if call.path != PATH:
        raise errors.not_rehearsed(f"{call.verb} {call.path} of compute.googleapis.com")
    envelope = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode() + call.raw
    parts = [_answered(call, part) for part in email.message_from_bytes(envelope).get_payload()]
    boundary = f"batch_{secrets.token_hex(8)}"
    content = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return Answer(content + b"--%s--\r\n" % boundary.encode(), 200, f"multipart/mixed; boundary={boundary}")


def _answered(call: Call, part: email.message.Message) -> bytes:
    """Answer one request and return the part of the answer that belongs to it."""
    try:
        status, body = 200, api.dispatch(_request(call, part.get_payload(decode=True)))
    except errors.ApiError as error:
        status, body = error.code, error.body()
    content = json.dumps(body).encode()
    answered_id = part["Content-ID"].replace("<", "<response-", 1)
    head = (
        f"Content-Type: application/http\r\nContent-ID: {answered_id}\r\n\r\n"
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _request(call: Call, raw: bytes) -> Call:
    """Return the request that a part of a batch holds; the token is the batch's."""
    stream = BytesIO(raw)
    verb, target, _ = stream.readline().decode().split()
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    url = urlsplit(target)
    token = {"authorization": call.headers["authorization"]}
    return Call(
        context=call.context,
        api=call.api,
        verb=verb,
        path=url.path,
        query=api.parse_query(url.query),
        headers=headers | token,
        raw=stream.read(),
    )
