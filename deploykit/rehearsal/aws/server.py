"""The AWS half of the rehearsal cloud: moto's server, with machines and a registry behind it.

Run as ``python -m deploykit.rehearsal.aws.server FILE``; :func:`deploykit.rehearsal.start_aws` does. FILE holds the
:class:`deploykit.rehearsal.aws.cloud.Cloud` with the port to listen on, the key to ask for, and the registry.
"""

import hmac
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

from deploykit.rehearsal.aws import ec2, ecr
from deploykit.rehearsal.aws.cloud import Cloud

KEY = re.compile(r"Credential=([^/,\s]*)/")
REFUSED = (
    "<Response><Errors><Error><Code>AuthFailure</Code><Message>This server is the rehearsal's aws command's alone."
    "</Message></Error></Errors></Response>"
)
"""As EC2 says it."""


class Guard:
    """Lets in who has the key and means this server, and no web page in the learner's browser; moto asks nobody.

    Args:
        application: what is guarded.
        host: the host and port that requests have to name.
        key: the access key id that they have to be signed with.
    """

    def __init__(self, application: Any, host: str, key: str):
        self._application, self._host, self._key = application, host, key

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or refuse it."""
        admitted = "HTTP_ORIGIN" not in environ and environ.get("HTTP_HOST") == self._host and self._has_key(environ)
        answer = self._application if admitted else Response(REFUSED, 403, content_type="text/xml")
        return answer(environ, start_response)

    def _has_key(self, environ: dict[str, Any]) -> bool:
        found = KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        return found is not None and hmac.compare_digest(found[1].encode(), self._key.encode())


def serve(file: Path) -> None:
    """Serve the AWS API on 127.0.0.1 until this process is ended."""
    cloud = Cloud.read(file)
    ec2.install()
    ecr.install(cloud.registry)
    address = urlsplit(cloud.url)
    app = Guard(DomainDispatcherApplication(create_backend_app), address.netloc, cloud.key)
    run_simple(address.hostname, address.port, app, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
