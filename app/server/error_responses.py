"""JSON errors for requests that the parser rejects.

They work under every worker class.
"""

import contextlib
import logging
import socket
from http import HTTPStatus
from typing import Any

import orjson
from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)

from app.errors import AddressTooLong, AppError, HeadersTooLarge, InvalidRequest
from app.http.logs import request_id

_log = logging.getLogger(__name__)


def send_error(_request: Any, client: socket.socket, _address: Any, error: BaseException) -> None:
    """Respond to a rejected request.

    Replaces the method `handle_error` of gunicorn's workers.
    """
    with contextlib.suppress(OSError):  # the client has disconnected
        client.sendall(_error_response(error))


def _error_response(error: BaseException) -> bytes:
    """Log a rejected request and return the response.

    The response closes the connection. Neither log nor response contains input from the client.
    """
    environ: dict[str, Any] = {}
    request_id.begin(environ)
    try:
        public = _public_error(error)
        if public.status < 500:
            _log.info("%s: request rejected by the parser (%s)", public.code, type(error).__name__)
        else:
            _log.error("%s: %s", public.code, type(error).__name__, exc_info=error)
        return _serialize(public)
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


def _serialize(error: AppError) -> bytes:
    identity = request_id.request_id()
    body = orjson.dumps(
        {"status": "error", "message": error.message, "code": error.code, "request_id": identity}
    )
    lines = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"{request_id.HEADER}: {identity}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
