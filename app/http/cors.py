"""Cross-origin resource sharing (CORS)."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_cors import CORS
from flask_cors.core import ACL_ORIGIN, ACL_REQUEST_METHOD, get_cors_headers, get_cors_options
from werkzeug.datastructures import Headers

from app.errors import Forbidden
from app.http.host_header import request_host

HeaderList = tuple[tuple[str, str], ...]

# Preflights allow all fields that they ask for, as a list would break callers whose tracing or
# proxy adds its own (`traceparent`, `baggage`, `x-requested-with`). Only tokens (RFC 9110, section
# 5.6.2) are repeated in the response.
_ANY_FIELD_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z"
_EXPOSED_HEADERS = [
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Image-Fidelity",
    "Last-Modified",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Ignored-Parameters",
    "X-Request-ID",
    "X-Should-Retry",
]
_MAX_CACHED_ORIGINS = 256
_FOREIGN_PAGE = (
    "Pages of this origin may not send files. The operator can allow it in CORS_ORIGINS."
)
_FOREIGN_CLIENT = (
    "Pages of this origin may not use the MCP server. The operator can allow it in CORS_ORIGINS."
)
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.ASCII)
_OWN_HOST = "app.own_host"  # key in the application's extensions
_HEADERS = "app.cors_headers"  # key in the application's extensions


def register(
    app: Flask, *, origins: list[str], own_url: str | None = None
) -> Callable[[str | None], HeaderList]:
    """Handle preflight requests and add CORS headers to all responses.

    Preflights are answered at every URL, so that pages can read the response to a wrong one.
    Credentials (cookies) are never allowed, as the service uses none. Unless `origins` is `["*"]`,
    every response varies on Origin, including responses to other origins.

    Args:
        app: the application.
        origins: the origins that may call it.
        own_url: the service's own URL, if it is configured.

    Returns:
        A function from an Origin header to the CORS headers of a GET response, without `Vary`,
        for responses that don't pass through Flask.
    """
    options: dict[str, Any] = {
        "origins": "*" if origins == ["*"] else origins,
        "methods": ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"],
        "allow_headers": [_ANY_FIELD_NAME],
        "expose_headers": _EXPOSED_HEADERS,
        "supports_credentials": False,
        "send_wildcard": True,
        "vary_header": False,
        "always_send": origins == ["*"],
        "max_age": 3600,
    }
    CORS(app, **options)
    cors_options = get_cors_options(app, options)

    @app.before_request
    def answer_preflight() -> Response | None:
        if request.method != "OPTIONS" or ACL_REQUEST_METHOD not in request.headers:
            return None
        response = Response()
        del response.headers["Content-Type"]  # there is no content
        return response

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

    vary: HeaderList = () if origins == ["*"] else (("Vary", "Origin"),)
    app.extensions[_OWN_HOST] = urlsplit(own_url or "").netloc
    app.extensions[_HEADERS] = lambda origin: headers_for(origin) + vary
    return headers_for


def require_allowed_origin() -> None:
    """Refuse a request of a page whose origin is not allowed.

    Browsers send forms without a preflight, so without this any page could send files to a service
    that needs no API key. The scheme of the service's own pages may have been changed by a proxy.

    Raises:
        Forbidden: a page of another origin sends the request.
    """
    origin = request.headers.get("Origin")
    own_hosts = {request_host(request.environ), current_app.extensions[_OWN_HOST]}
    if origin is None or urlsplit(origin).netloc in own_hosts - {""}:
        return
    if not any(name == ACL_ORIGIN for name, _ in headers_of(current_app)(origin)):
        raise Forbidden("the origin is not allowed", message=_FOREIGN_PAGE)


def require_trusted_origin(*, is_authenticated: bool) -> None:
    """Refuse a request of a page that only the name of its host makes part of this service.

    The Model Context Protocol requires it, against DNS rebinding: a page of a foreign host whose
    name suddenly resolves to this machine. Such a page has no API key, and the host in its
    requests is its own, so that can't be trusted. Allowed are origins that CORS_ORIGINS names, the
    service's own if PUBLIC_URL is set, pages of this machine, and with an API key all origins that
    CORS_ORIGINS covers.

    Raises:
        Forbidden: the page's origin is none of these.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return
    netloc = urlsplit(origin).netloc
    allowed = {value for name, value in headers_of(current_app)(origin) if name == ACL_ORIGIN}
    is_named = origin in allowed
    is_own = netloc != "" and netloc == current_app.extensions[_OWN_HOST]
    if not (is_named or is_own or _is_loopback(netloc) or (allowed and is_authenticated)):
        raise Forbidden("the origin is not allowed", message=_FOREIGN_CLIENT)


def _is_loopback(netloc: str) -> bool:
    return _LOOPBACK.fullmatch(netloc) is not None


def headers_of(app: Flask) -> Callable[[str | None], HeaderList]:
    """Return a function from an Origin header to the headers of a response without a view."""
    headers_for: Callable[[str | None], HeaderList] = app.extensions[_HEADERS]
    return headers_for
