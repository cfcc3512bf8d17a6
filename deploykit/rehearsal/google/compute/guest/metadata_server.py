"""Stand-in for the metadata server: tells a machine who it is, as http://metadata.google.internal does in the cloud.

Run inside the machine: ``metadata_server.py FILE``. FILE is a tree of JSON objects; the rehearsal cloud
replaces it whenever the metadata change.
"""

import hashlib
import json
import os
import re
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = "/computeMetadata/v1/"
OWN_ADDRESS = "ADDRESS-OF-THIS-MACHINE"
LOOK_SECONDS = 0.2
WAIT_SECONDS = 60.0


class Handler(BaseHTTPRequestHandler):
    """Answers a path of the tree: a value as text, an object as the list of its names or, recursively, as JSON."""

    server_version, sys_version = "Metadata Server for VM", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a request."""
        url = urlsplit(self.path)
        if self.headers.get("Metadata-Flavor") != "Google" or "X-Forwarded-For" in self.headers:
            self._send(403, "Missing Metadata-Flavor:Google header.\n")
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if query.get("wait_for_change") == "true":
            wait_for_change(query.get("last_etag"), float(query.get("timeout_sec", WAIT_SECONDS)))
        found = look_up(unquote(url.path))
        if found is None:
            self._send(404, f"The requested URL {url.path} was not found on this server.\n")
        elif isinstance(found, dict) and not url.path.endswith("/"):
            self._send(301, "", {"Location": f"{url.path}/"})
        elif isinstance(found, dict) and query.get("recursive") == "true":
            named_by_learner = url.path.endswith("/attributes/")
            text = json.dumps(camel_case(found, named_by_learner=named_by_learner))
            self._send(200, text, {"Content-Type": "application/json"})
        elif isinstance(found, dict):
            names = (f"{name}/" if isinstance(value, dict) else name for name, value in found.items())
            self._send(200, "".join(f"{name}\n" for name in names))
        else:
            self._send(200, found)

    def _send(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        merged = {"Metadata-Flavor": "Google", "Content-Type": "application/text", "ETag": etag(), **(headers or {})}
        for name, value in {**merged, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the journal is the learner's."""


def look_up(path: str) -> Any:
    """Return the text or the object that a path means, or None."""
    if not path.startswith(ROOT.rstrip("/")):
        return None
    found: Any = json.loads(content().replace(OWN_ADDRESS, socket.gethostbyname(socket.gethostname())))
    for name in filter(None, path[len(ROOT) :].split("/")):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def camel_case(tree: Any, *, named_by_learner: bool = False) -> Any:
    """Return an object with names as JSON clients get them; the names of attributes stay as they are."""
    if not isinstance(tree, dict):
        return tree
    return {
        name if named_by_learner else re.sub(r"-(\w)", lambda hit: hit[1].upper(), name): camel_case(
            value, named_by_learner=name == "attributes"
        )
        for name, value in tree.items()
    }


def wait_for_change(last_etag: str | None, seconds: float) -> None:
    """Return when the tree is another one than the caller knows, or the time is over."""
    before, deadline = last_etag or etag(), time.monotonic() + seconds
    while etag() == before and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def content() -> str:
    """Return the tree as JSON."""
    return Path(sys.argv[1]).read_text(encoding="utf-8")


def etag() -> str:
    """Return what changes with the tree."""
    return hashlib.sha256(content().encode()).hexdigest()[:16]


def tell_systemd() -> None:
    """Say that the address answers; what needs it starts only then."""
    if os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", 80), Handler)
    tell_systemd()
    server.serve_forever()
