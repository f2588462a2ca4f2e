"""Cross-origin resource sharing (CORS)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, Response
from flask_cors import CORS
from flask_cors.core import get_cors_headers, get_cors_options
from werkzeug.datastructures import Headers

HeaderList = tuple[tuple[str, str], ...]

_ALLOWED_HEADERS = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-API-Key",
    "X-Request-ID",
    "X-Simulate",
]
_EXPOSED_HEADERS = [
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
_MAX_CACHED_ORIGINS = 256


def register(app: Flask, *, origins: list[str]) -> Callable[[str | None], HeaderList]:
    """Handle preflight requests and add CORS headers to all responses.

    Credentials (cookies) are never allowed, as the service uses none. Unless `origins` is `["*"]`,
    every response varies on Origin, including responses to other origins.

    Returns:
        A function from an Origin header to the CORS headers of a GET response, without `Vary`,
        for responses that don't pass through Flask.
    """
    options: dict[str, Any] = {
        "origins": "*" if origins == ["*"] else origins,
        "methods": ["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
        "allow_headers": _ALLOWED_HEADERS,
        "expose_headers": _EXPOSED_HEADERS,
        "supports_credentials": False,
        "send_wildcard": True,
        "vary_header": False,
        "max_age": 3600,
    }
    CORS(app, **options)
    cors_options = get_cors_options(app, options)

    if origins != ["*"]:

        @app.after_request
        def vary_on_origin(response: Response) -> Response:
            response.vary.add("Origin")
            return response

    @lru_cache(maxsize=_MAX_CACHED_ORIGINS)
    def headers_for(origin: str | None) -> HeaderList:
        request_headers = Headers({"Origin": origin} if origin is not None else {})
        headers = get_cors_headers(cors_options, request_headers, "GET")
        return tuple((name, str(value)) for name, value in headers.items())

    return headers_for
