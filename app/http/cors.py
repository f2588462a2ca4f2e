"""Which pages of other origins may call, and what they may send and read."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, Response
from flask_cors import CORS
from flask_cors.core import get_cors_headers, get_cors_options
from werkzeug.datastructures import Headers

HeaderList = tuple[tuple[str, str], ...]

_SENT = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-API-Key",
    "X-Request-ID",
    "X-Simulate",
]
_READ = [
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Last-Modified",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]
_ORIGINS_REMEMBERED = 256


def register(app: Flask, *, origins: list[str]) -> Callable[[str | None], HeaderList]:
    """Answer preflights, and add the CORS headers to all answers, errors included.

    Credentials (cookies) are never allowed: the service has none. Where not everyone may call,
    all answers vary with the origin, also those to origins that may not.

    Returns:
        What gives the same headers, `Vary` aside, for a GET with this `Origin`, without Flask.
    """
    options: dict[str, Any] = {
        "origins": "*" if origins == ["*"] else origins,
        "methods": ["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
        "allow_headers": _SENT,
        "expose_headers": _READ,
        "supports_credentials": False,
        "send_wildcard": True,
        "vary_header": False,
        "max_age": 3600,
    }
    CORS(app, **options)
    resolved = get_cors_options(app, options)

    if origins != ["*"]:

        @app.after_request
        def vary(answer: Response) -> Response:
            answer.vary.add("Origin")
            return answer

    @lru_cache(maxsize=_ORIGINS_REMEMBERED)
    def headers_for(origin: str | None) -> HeaderList:
        sent = Headers({"Origin": origin} if origin is not None else {})
        found = get_cors_headers(resolved, sent, "GET")
        return tuple((name, str(value)) for name, value in found.items())

    return headers_for
