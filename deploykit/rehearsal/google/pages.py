"""What Google's front end answers by itself, without asking the service."""

from html import escape

from starlette.responses import HTMLResponse, PlainTextResponse, Response

PAGE = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{status} {title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {title}</h1>
<h2>{text}</h2>
<h2></h2>
</body></html>
"""


class Refused(Exception):
    """A request that does not reach the service, or comes back without an answer.

    Attributes:
        response: what the caller gets.
        reason: what the service's log says, or "".
    """

    def __init__(self, response: Response, reason: str = ""):
        super().__init__(reason)
        self.response, self.reason = response, reason


def forbidden(path: str) -> Refused:
    """Refuse a caller who has not shown an identity token."""
    text = f"Your client does not have permission to get URL <code>{escape(path)}</code> from this server."
    return Refused(
        _page(403, "Forbidden", text),
        "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
        "header. Read more at https://cloud.google.com/run/docs/securing/authenticating",
    )


def not_found() -> Refused:
    """Say that nothing is served at this address."""
    return Refused(_page(404, "Page not found", "The requested URL was not found on this server."))


def too_large() -> Refused:
    """Refuse a body that no platform of Google's takes."""
    return Refused(_page(413, "Request Entity Too Large", "Your client issued a request that was too large."))


def too_many() -> Refused:
    """Refuse what no instance takes in time."""
    return Refused(
        PlainTextResponse("Rate exceeded.", 429),
        "The request was aborted because there was no available instance. Additional troubleshooting documentation can "
        "be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request",
    )


def not_started() -> Refused:
    """Say that no instance could be started."""
    return Refused(
        PlainTextResponse("Service Unavailable", 503),
        "The request failed because the instance could not start successfully.",
    )


def connection_error() -> Refused:
    """Say that the instance ended, or did not speak HTTP, before it answered."""
    return Refused(
        PlainTextResponse(
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination", 503
        ),
        "The request failed because either the HTTP response was malformed or connection to the instance had an error.",
    )


def too_slow() -> Refused:
    """Say that the answer took longer than the service's time limit."""
    return Refused(
        PlainTextResponse("upstream request timeout", 504),
        "The request has been terminated because it has reached the maximum request timeout. To change this limit, see "
        "https://cloud.google.com/run/docs/configuring/request-timeout",
    )


def _page(status: int, title: str, text: str) -> Response:
    return HTMLResponse(PAGE.format(status=status, title=title, text=text), status)
