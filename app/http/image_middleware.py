"""Answers requests for images before Flask does, which is most of what such a request costs.

Only the plain cases: GET or HEAD of a well-formed name, perhaps with If-None-Match. Ranges, dates
and whatever else is unusual go to Flask's view, and so do failures, for the one shape of errors.
Both ways get their headers from the functions here, so a caller can't tell them apart.
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

from app.http import auth, request_id, security_headers
from app.http.access_log import log_request
from app.http.cors import HeaderList
from app.models import StoredImage, object_keys
from app.ports import Observer

ONE_YEAR = 365 * 24 * 3600

_PATH = re.compile(object_keys.IMAGE_PATH_PATTERN)
_METHODS = frozenset({"GET", "HEAD"})
_UNUSUAL = frozenset(
    {
        "HTTP_RANGE",
        "HTTP_IF_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
    }
)
_FAILURE = "app.failure"
_ROUTE = "/images/<image_name:filename>"  # the rule of Flask's view


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageResponseSpec:
    """What a request for an image asks for, before anything is read.

    Attributes:
        image_id: of the image.
        etag: names the very bytes; follows from the request alone, since images never change.
        read: returns the image, or raises an AppError.
        varies: whether the answer depends on the header Accept.
        max_age: how long caches may keep it, in seconds.
        private: whether it is for one caller, so that only that caller's own cache may keep it.
    """

    image_id: str
    etag: str
    read: Callable[[], StoredImage]
    varies: bool = False
    max_age: int = ONE_YEAR
    private: bool = False

    @property
    def vary(self) -> tuple[str, ...]:
        """The headers of a request that the answer depends on."""
        return (("Accept",) if self.varies else ()) + (auth.SENT_IN if self.private else ())


Want = Callable[[str, dict[str, Any]], ImageResponseSpec | None]
"""From image id and WSGI environment to what is wanted; None leaves it to Flask's view."""


def register(
    app: Flask,
    *,
    want: Want,
    cors_headers: Callable[[str | None], HeaderList],
    any_origin: bool,
    observer: Observer,
) -> None:
    """Put the gate before the app."""

    @app.before_request
    def failed() -> None:
        if _FAILURE in request.environ:
            raise request.environ[_FAILURE]

    gate = ImageMiddleware(
        app.wsgi_app, want, cors_headers, () if any_origin else ("Origin",), observer
    )
    app.wsgi_app = gate  # type: ignore[method-assign]  # reason: Flask's way to wrap an app


class ImageMiddleware:
    """The WSGI application before Flask's."""

    def __init__(
        self,
        app: WSGIApplication,
        want: Want,
        cors_headers: Callable[[str | None], HeaderList],
        vary: tuple[str, ...],
        observer: Observer,
    ) -> None:
        self._app = app
        self._want = want
        self._cors_headers = cors_headers
        self._vary = vary
        self._observer = observer

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or let Flask do it."""
        if not _is_plain(environ):
            return self._app(environ, start_response)
        request_id.begin(environ)
        try:
            answer = self._answer(environ)
        except Exception as error:  # noqa: BLE001 - reason: Flask's error handlers answer all errors
            environ[_FAILURE] = error
            answer = None
        if answer is None:
            return self._app(environ, start_response)
        status, headers, body = answer
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
        auth.leave()
        start_response(status, headers)
        return (body,) if body else ()

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes] | None:
        _, image_id, _ = object_keys.split_key(environ["PATH_INFO"])
        wanted = self._want(image_id, environ)
        if wanted is None:
            return None
        vary = wanted.vary + self._vary
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and is_known(wanted, known):
            return "304 NOT MODIFIED", lasting_headers(wanted, vary), b""
        stored = wanted.read()
        headers = lasting_headers(wanted, vary) + content_headers(wanted, stored)
        return "200 OK", headers, stored.data


def respond(wanted: ImageResponseSpec) -> Response:
    """Answer within Flask, ranges and dates included."""
    known = request.headers.get("If-None-Match")
    if known is not None and is_known(wanted, known):
        return Response(status=304, headers=lasting_headers(wanted, wanted.vary))
    stored = wanted.read()
    headers = lasting_headers(wanted, wanted.vary) + content_headers(wanted, stored)
    response = Response(stored.data, headers=headers)
    response.make_conditional(request, accept_ranges=True, complete_length=len(stored.data))
    response.headers.pop("Date", None)  # made by the line above; the server sends its own
    return response


def is_known(wanted: ImageResponseSpec, if_none_match: str) -> bool:
    """Tell whether the caller has these very bytes, so that nothing need be read.

    Compared weakly, as RFC 9110 (13.1.2) wants it. `*` asks for what exists, which takes a read.
    """
    if if_none_match == f'"{wanted.etag}"':
        return True
    tags = parse_etags(if_none_match)
    if tags.star_tag:
        wanted.read()
    return tags.contains_weak(wanted.etag)


def lasting_headers(wanted: ImageResponseSpec, vary: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what is told about an image that is sent or known."""
    whose = "private" if wanted.private else "public"
    headers = [
        ("ETag", f'"{wanted.etag}"'),
        ("Cache-Control", f"{whose}, max-age={wanted.max_age}, immutable"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        *security_headers.IMAGE,
    ]
    if vary:
        headers.append(("Vary", ", ".join(vary)))
    return headers


def content_headers(wanted: ImageResponseSpec, stored: StoredImage) -> list[tuple[str, str]]:
    """Return what is told about an image's bytes."""
    ending = object_keys.ending_of(stored.content_type)
    return [
        ("Content-Disposition", f'inline; filename="{wanted.image_id}.{ending}"'),
        ("Content-Type", stored.content_type),
        ("Content-Length", str(len(stored.data))),
        ("Last-Modified", _http_date(stored.modified)),
        ("Accept-Ranges", "bytes"),
    ]


def _is_plain(environ: dict[str, Any]) -> bool:
    if environ["REQUEST_METHOD"] not in _METHODS or not _PATH.fullmatch(environ["PATH_INFO"]):
        return False
    by_date = "HTTP_IF_MODIFIED_SINCE" in environ and not environ.get("HTTP_IF_NONE_MATCH")
    return not by_date and environ.keys().isdisjoint(_UNUSUAL)


@lru_cache(maxsize=4096)
def _http_date(modified: datetime) -> str:
    return http_date(modified)
