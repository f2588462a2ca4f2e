"""WSGI middleware that serves images without Flask.

Flask would be most of the cost of such a request. The middleware handles the common case: GET or
HEAD of a well-formed image name, with or without If-None-Match. Requests with ranges, date
conditions or other unusual headers are passed to Flask's view, and so are failures, which Flask's
error handlers turn into responses. Both paths use the functions here to build headers, so their
responses are the same.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from flask import Flask, Response, request
from werkzeug.http import http_date, parse_etags

from app.http import auth, host_header, security_headers
from app.http.cors import HeaderList
from app.http.logs import request_id
from app.http.logs.access_log import log_request
from app.models import StoredImage, object_keys
from app.ports import Observer

ONE_YEAR = 365 * 24 * 3600

_PATH = re.compile(object_keys.IMAGE_PATH_PATTERN)
_METHODS = frozenset({"GET", "HEAD"})
_FLASK_ONLY_HEADERS = frozenset(
    {
        "HTTP_RANGE",
        "HTTP_IF_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
    }
)
_FAILURE = "app.failure"
_FIDELITY = re.compile(rb'<svg [^>]*data-fidelity="([0-9.]+)"')
_ROUTE = "/images/<image_name:filename>"  # the rule of Flask's view


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageResponseSpec:
    """Describes the response to a request for an image, before reading it.

    Attributes:
        image_id: id of the image.
        etag: identifies the bytes; it depends only on the request, as images never change.
        read: returns the image, or raises an AppError.
        varies: whether the response depends on the Accept header.
        max_age: how long caches may keep the response, in seconds.
        private: whether only the caller's own cache may keep it.
        download_name: the file name of a download; "" for a file to show, named after the image.
    """

    image_id: str
    etag: str
    read: Callable[[], StoredImage]
    varies: bool = False
    max_age: int = ONE_YEAR
    private: bool = False
    download_name: str = ""

    @property
    def vary(self) -> tuple[str, ...]:
        """The request headers that the response depends on."""
        return (("Accept",) if self.varies else ()) + (
            auth.CREDENTIAL_HEADERS if self.private else ()
        )


ImageResolver = Callable[[str, dict[str, Any]], ImageResponseSpec | None]
"""Returns the spec for an image id and a WSGI environment; None leaves it to Flask's view."""


def register(
    app: Flask,
    *,
    resolve: ImageResolver,
    cors_headers: Callable[[str | None], HeaderList],
    any_origin: bool,
    observer: Observer,
) -> None:
    """Wrap the app with the middleware."""

    @app.before_request
    def raise_failure() -> None:
        if _FAILURE in request.environ:
            raise request.environ[_FAILURE]

    middleware = ImageMiddleware(
        app.wsgi_app, resolve, cors_headers, () if any_origin else ("Origin",), observer
    )
    app.wsgi_app = middleware  # type: ignore[method-assign]  # reason: Flask's way to wrap an app


class ImageMiddleware:
    """Serves images, and passes all other requests on.

    Args:
        app: the wrapped application.
        resolve: returns the spec of the response.
        cors_headers: returns the CORS headers for an Origin header.
        vary: request headers that all responses vary on.
        observer: records the metrics.
    """

    def __init__(
        self,
        app: WSGIApplication,
        resolve: ImageResolver,
        cors_headers: Callable[[str | None], HeaderList],
        vary: tuple[str, ...],
        observer: Observer,
    ) -> None:
        self._app = app
        self._resolve = resolve
        self._cors_headers = cors_headers
        self._vary = vary
        self._observer = observer

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve the image, or call the wrapped application."""
        if not _is_simple(environ):
            return self._app(environ, start_response)
        request_id.begin(environ)
        try:
            response = self._respond(environ)
        except Exception as error:  # noqa: BLE001 - reason: Flask's error handlers handle all errors
            environ[_FAILURE] = error
            response = None
        if response is None:
            return self._app(environ, start_response)
        status, headers, body = response
        headers += self._cors_headers(environ.get("HTTP_ORIGIN"))
        headers.append((request_id.HEADER, request_id.request_id()))
        if environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        log_request(
            environ,
            self._observer,
            path=environ["PATH_INFO"],
            route=_ROUTE,
            status=int(status[:3]),
            size=len(body),
        )
        request_id.end()
        auth.clear_caller()
        start_response(status, headers)
        return (body,) if body else ()

    def _respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes] | None:
        _, image_id, _ = object_keys.split_key(environ["PATH_INFO"])
        spec = self._resolve(image_id, environ)
        if spec is None:
            return None
        vary = spec.vary + self._vary
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match is not None and is_not_modified(spec, if_none_match):
            return "304 NOT MODIFIED", caching_headers(spec, vary), b""
        stored = spec.read()
        headers = caching_headers(spec, vary) + content_headers(spec, stored)
        return "200 OK", headers, stored.data


def send_image(spec: ImageResponseSpec) -> Response:
    """Return the response for an image, honoring ranges and conditions."""
    if_none_match = request.headers.get("If-None-Match")
    if if_none_match is not None and is_not_modified(spec, if_none_match):
        # A 304 has no Content-Type; the mimetype keeps it from being handled as compressible HTML.
        return Response(status=304, headers=caching_headers(spec, spec.vary), mimetype="image/png")
    stored = spec.read()
    headers = caching_headers(spec, spec.vary) + content_headers(spec, stored)
    return apply_conditions(Response(stored.data, headers=headers), len(stored.data))


def apply_conditions(response: Response, length: int) -> Response:
    """Honor the request's conditions and its range, of a body with this length.

    Several ranges are ignored, as RFC 9110 (section 14.2) allows: the response is the whole body.
    """
    environ = request.environ
    if "," in environ.get("HTTP_RANGE", ""):
        environ = {name: value for name, value in environ.items() if name != "HTTP_RANGE"}
    response.make_conditional(environ, accept_ranges=True, complete_length=length)
    response.headers.pop("Date", None)  # set by make_conditional; the server adds its own
    return response


def is_not_modified(spec: ImageResponseSpec, if_none_match: str) -> bool:
    """Return whether the client already has the image.

    Uses the weak comparison of RFC 9110 (section 13.1.2). `*` matches any existing image, so the
    image is read to check that it exists.
    """
    if if_none_match == f'"{spec.etag}"':
        return True
    tags = parse_etags(if_none_match)
    if tags.star_tag:
        spec.read()
    return tags.contains_weak(spec.etag)


def caching_headers(spec: ImageResponseSpec, vary: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the headers common to 200 and 304 responses."""
    scope = "private" if spec.private else "public"
    headers = [
        ("ETag", f'"{spec.etag}"'),
        ("Cache-Control", f"{scope}, max-age={spec.max_age}, immutable"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        *security_headers.IMAGE_HEADERS,
    ]
    if vary:
        headers.append(("Vary", ", ".join(vary)))
    return headers


def content_headers(spec: ImageResponseSpec, stored: StoredImage) -> list[tuple[str, str]]:
    """Return the headers that describe the image in the body."""
    extension = object_keys.extension_of(stored.content_type)
    kind, name = "attachment", spec.download_name
    if not name:
        kind, name = "inline", f"{spec.image_id}.{extension}"
    fidelity = _FIDELITY.match(stored.data) if stored.content_type == "image/svg+xml" else None
    return [
        *([("Image-Fidelity", fidelity[1].decode())] if fidelity else []),
        ("Content-Disposition", f'{kind}; filename="{name}"'),
        ("Content-Type", stored.content_type),
        ("Content-Length", str(len(stored.data))),
        ("Last-Modified", _http_date(stored.modified)),
        ("Accept-Ranges", "bytes"),
    ]


def _is_simple(environ: dict[str, Any]) -> bool:
    if environ["REQUEST_METHOD"] not in _METHODS or not _PATH.fullmatch(environ["PATH_INFO"]):
        return False
    if not host_header.is_acceptable(environ):
        return False
    by_date = "HTTP_IF_MODIFIED_SINCE" in environ and not environ.get("HTTP_IF_NONE_MATCH")
    return not by_date and environ.keys().isdisjoint(_FLASK_ONLY_HEADERS)


@lru_cache(maxsize=4096)
def _http_date(modified: datetime) -> str:
    return http_date(modified)
