"""The Host header, which requests of HTTP/1.1 must have (RFC 9112, section 3.2).

A server that accepts a request without it and a proxy that guesses a host can disagree about whom
the request is for.
"""

from typing import Any

from flask import Flask, request

from app.errors import InvalidRequest

HEADER = "Host"

_KEY = "HTTP_HOST"  # in the WSGI environment
_VERSION_WITHOUT_HOST = "HTTP/1.0"


def register(app: Flask) -> None:
    """Reject requests that lack the header, before any view runs.

    The image middleware leaves such requests to the app.
    """
    app.before_request(_require_host)


def lacks_host(environ: dict[str, Any]) -> bool:
    """Return whether a request has no Host header although its version requires one.

    An empty header is not missing: it is how a client addresses a target without an authority.
    """
    return _KEY not in environ and environ.get("SERVER_PROTOCOL") != _VERSION_WITHOUT_HOST


def _require_host() -> None:
    if lacks_host(request.environ):
        raise InvalidRequest(
            message=f"Send the header {HEADER}.",
            errors=[{"field": HEADER, "message": "Required."}],
        )
