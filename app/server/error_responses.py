"""JSON errors for requests that the server rejects before the application sees them.

They work under every worker class.
"""

import contextlib
import logging
import re
import socket
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import orjson
from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)

from app.errors import AddressTooLong, AppError, HeadersTooLarge, InvalidRequest, Unauthorized
from app.http import security_headers
from app.http.contract import openai_errors
from app.http.cors import HeaderList
from app.http.logs import request_id

_ORIGIN = re.compile(rb"\r\norigin:[ \t]*([\x21-\x7e]+)[ \t]*\r\n", re.IGNORECASE)
_PATH = re.compile(rb"[A-Z]+ ([\x21-\x3e\x40-\x7e]+)")  # of a request line, without the query
_HEAD_END = b"\r\n\r\n"

_log = logging.getLogger(__name__)


class ErrorSender:
    """Responds to a rejected request; replaces `handle_error` of gunicorn's workers.

    Args:
        cors_headers: returns the CORS headers for an Origin header.
    """

    def __init__(self, cors_headers: Callable[[str | None], HeaderList]) -> None:
        self._cors_headers = cors_headers

    def __call__(
        self,
        request: Any,
        client: socket.socket,
        _address: Any,
        error: BaseException,
        received: bytes = b"",
    ) -> None:
        """Log the error and send the response, which closes the connection.

        Neither log nor response contains input from the client, except its origin if that is
        allowed.

        Args:
            request: gunicorn's request; None if its head could not be parsed.
            client: the connection.
            error: why the request is rejected.
            received: the bytes of a request whose head could not be parsed, as far as known.
        """
        origin = _parsed_origin(request) if request else _received_origin(received)
        path = getattr(request, "path", None) or _received_path(received)
        with contextlib.suppress(OSError):  # the client has disconnected
            headers = self._cors_headers(origin)
            client.sendall(_error_response(error, headers, path))


def _parsed_origin(request: Any) -> str | None:
    return next((value for name, value in request.headers if name == "ORIGIN"), None)


def _received_origin(received: bytes) -> str | None:
    """Return the Origin header in the received part of a head, or None."""
    head, end, _ = received.partition(_HEAD_END)
    found = _ORIGIN.search(head + end)
    return found[1].decode() if found else None


def _received_path(received: bytes) -> str:
    """Return the path in the received part of a head, or ""."""
    found = _PATH.match(received)
    return found[1].decode() if found else ""


def _error_response(error: BaseException, cors_headers: HeaderList, path: str) -> bytes:
    environ: dict[str, Any] = {}
    request_id.begin(environ)
    try:
        public = _public_error(error)
        if public.status < 500 or isinstance(error, AppError):
            _log.info("%s: request rejected by the server (%s)", public.code, type(error).__name__)
        else:
            _log.error("%s: %s", public.code, type(error).__name__, exc_info=error)
        return _serialize(public, cors_headers, path)
    finally:
        request_id.end()


def _public_error(error: BaseException) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, LimitRequestLine):
        return AddressTooLong()
    if isinstance(error, LimitRequestHeaders):
        return HeadersTooLarge()
    if isinstance(error, (ParseException, NoMoreData)):
        return InvalidRequest(message="The request can't be understood.")
    return AppError()


def _serialize(error: AppError, cors_headers: HeaderList, path: str) -> bytes:
    identity = request_id.request_id()
    content: dict[str, Any] = {
        "status": "error",
        "message": error.message,
        "code": error.code,
        "request_id": identity,
    }
    if openai_errors.is_openai_target(path):
        content = openai_errors.openai_body(error)
    body = orjson.dumps(content)
    headers = {
        "Connection": "close",
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        request_id.HEADER: identity,
        **dict(security_headers.DEFAULT_HEADERS),
        **dict(cors_headers),
    }
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 15.5.2
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body
