"""The ways in which bytes come to Cloud Storage: in one request, in several, or by an address that was signed."""

import hashlib
import hmac
import json
import re
import time
import uuid
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import quote, unquote

from deploykit.rehearsal.google import errors, objects
from deploykit.rehearsal.google.api import Answer, Call
from deploykit.rehearsal.google.context import Context

KIND = "upload"
CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<size>\d+|\*)")
SIGNED_SECONDS = 1800


@dataclass(frozen=True)
class Part:
    """What a multipart upload holds: the object's description and its bytes."""

    resource: dict
    content: bytes
    content_type: str


def parse_multipart(content_type: str, raw: bytes) -> Part:
    """Take a multipart upload (RFC 2387) apart.

    Raises:
        ApiError: it is none.
    """
    header = content_type.replace("'", '"')  # gcloud quotes the boundary in a way that RFC 2046 does not know
    message = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {header}\r\n\r\n".encode() + raw)
    if not message.is_multipart() or len(parts := message.get_payload()) != 2:
        raise errors.invalid("Malformed multipart body.")
    described, media = parts
    content = media.get_payload(decode=True)
    if content is None:
        raise errors.invalid("Malformed multipart body.")
    return Part(_resource(described.get_payload(decode=True)), content, media.get_content_type())


def begin(call: Call) -> Answer:
    """Begin an upload of several requests, and say where they go."""
    resource = _resource(call.raw)
    name = resource.get("name") or call.query.get("name", "")
    session = {
        "bucket": call.params["bucket"],
        "name": name,
        "contentType": resource.get("contentType") or call.headers.get("x-upload-content-type", ""),
    }
    identifier = uuid.uuid4().hex
    call.context.store.put(KIND, identifier, session)
    _file(call.context, identifier).write_bytes(b"")
    where = f"https://{call.headers['host']}{call.path}?uploadType=resumable&upload_id={identifier}"
    return Answer(headers={"Location": where, "X-GUploader-UploadID": identifier})


def proceed(call: Call) -> dict | Answer:
    """Take the next part of an upload; the last one makes it an object.

    Raises:
        ApiError: there is no such upload, or a part is missing before this one.
    """
    identifier = call.query.get("upload_id", "")
    session = call.context.store.get(KIND, identifier)
    if session is None:
        raise errors.not_found("Upload not found.")
    file = _file(call.context, identifier)
    sent = CONTENT_RANGE.fullmatch(call.headers.get("content-range", "bytes */*"))
    have = file.stat().st_size
    if call.raw and sent and sent["first"] and int(sent["first"]) != have:
        raise errors.invalid(f"Invalid request. The upload continues at byte {have}.")
    with file.open("ab") as opened:
        opened.write(call.raw)
    have += len(call.raw)
    if "content-range" in call.headers and (not sent or sent["size"] != str(have)):
        return Answer(status=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})
    call.context.store.delete(KIND, identifier)
    return objects.put(call.context, session["bucket"], session["name"], file, content_type=session["contentType"])


def signed_url(context: Context, bucket: str, name: str) -> str:
    """Return an address to which whoever knows it may upload one object, for half an hour."""
    expires = int(time.time()) + SIGNED_SECONDS
    path = f"/{bucket}/{quote(name)}"
    signature = _signature(context, path, expires)
    query = f"X-Goog-Algorithm=GOOG4-HMAC-SHA256&X-Goog-Expires={expires}&X-Goog-Signature={signature}"
    return f"https://storage.googleapis.com{path}?{query}"


def receive_signed(call: Call) -> Answer:
    """Take an object that comes by a signed address.

    Raises:
        ApiError: nobody signed this address, or it has expired.
    """
    expires = int(call.query.get("X-Goog-Expires", "0"))
    expected = _signature(call.context, call.path, expires)
    if not hmac.compare_digest(call.query.get("X-Goog-Signature", ""), expected) or expires < time.time():
        raise errors.permission_denied("The request signature we calculated does not match the signature you provided.")
    _, bucket, name = unquote(call.path).split("/", 2)
    objects.put(call.context, bucket, name, call.raw, content_type=call.headers.get("content-type", ""))
    return Answer()


def _signature(context: Context, path: str, expires: int) -> str:
    return hmac.new(context.token.encode(), f"PUT\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _file(context: Context, identifier: str) -> Path:
    folder = context.folder / "uploads"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / identifier


def _resource(raw: bytes) -> dict:
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        raise errors.invalid("Invalid JSON payload received.") from None
