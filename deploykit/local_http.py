"""Requests to this computer, which a company's proxy (``HTTP_PROXY``) must not see: it could not answer them."""

from typing import Any

import requests


def get(url: str, **options: Any) -> requests.Response:
    """Get a URL of this computer; takes what ``requests.get`` takes."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, **options)
