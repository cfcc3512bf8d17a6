"""What a command that failed means, and what to type next: by its program and what it printed."""

import re

from deploykit import docker_errors

DISK_FULL = (
    "Make room. See what Docker keeps: docker system df. "
    "Remove the kit's images: python -m deploykit teardown. Remove what builds cached: docker builder prune."
)
NO_NETWORK = (
    "The network does not answer. Is there one? Behind a company's proxy HTTPS_PROXY has to name it; without "
    "one it must not be set."
)
DISK = {r"no space left on device|disk quota exceeded|disk is full": DISK_FULL}
NETWORK = {
    r"name resolution|failure resolving|could not resolve|failed to establish a new connection|could not connect to|"
    r"no route to host|network is unreachable|failed to connect to proxy|tunnel error|dns error|"
    r"error sending request|unable to fetch some archives": NO_NETWORK,
}
GCLOUD = {
    r"active account selected|reauthentication|refreshing your current auth tokens|invalid_grant": (
        "You are not logged in, or your log-in has expired. Type: gcloud auth login"
    ),
    r"billing (?:account|must be enabled|to be enabled|is disabled)|billing_disabled": (
        "Nobody pays for the project. Type: gcloud billing accounts list, then: "
        "gcloud billing projects link PROJECT_ID --billing-account=ACCOUNT"
    ),
    r"service_disabled|has not been used in project|\.googleapis\.com\]? (?:is )?not enabled": (
        "The project has not enabled the API that the message names. Type: gcloud services enable NAME.googleapis.com"
    ),
}
AWS = {
    r"unable to locate credentials|expiredtoken|token has expired|invalidclienttokenid|authfailure|"
    r"signaturedoesnotmatch|config profile .* could not be found": (
        "You are not logged in, or your log-in has expired. Type: aws configure"
    ),
    r"you must specify a region": "Type: aws configure set region us-east-1",
}
KNOWN = {"docker": docker_errors.ADVICE, "gcloud": GCLOUD, "aws": AWS}
"""By program: what the output matches, case aside, and what to do then; the first that fits is taken."""


def advice(program: str, output: str) -> str:
    """Return what to do about a program's failure whose output this is, or an empty string."""
    for pattern, text in {**DISK, **KNOWN.get(program, {}), **NETWORK}.items():
        if found := re.search(pattern, output, re.IGNORECASE):
            return text.format(**found.groupdict())
    return ""
