"""The exceptions of the contract: what Google's front end answers by itself, before a service sees the request.

It stands before Cloud Run, Cloud Functions and App Engine, not before a machine of Compute Engine or EC2. Its answers
are pages, not the JSON of the services. Cloud Run's page of known issues names the path, which App Engine keeps as well
(https://github.com/streamlit/streamlit/issues/3028), and the page of quotas names the length.
"""

from urllib.parse import urlsplit

import requests

PATHS = ("/healthz",)
BYTES = 32 * 1024 * 1024


def answered(response: requests.Response, place: str) -> bool:
    """Tell whether this is the front end's own answer: 404 to a path of its own, 413 to a body that is too long."""
    if place != "deployment" or "html" not in response.headers.get("content-type", ""):
        return False
    headers = response.request.headers
    may_be_long = "Transfer-Encoding" in headers or int(headers.get("Content-Length", 0)) > BYTES
    expected = 404 if urlsplit(response.request.url).path in PATHS else 413 if may_be_long else None
    return response.status_code == expected
