"""What the server itself refuses, before there is a request: in the one shape of all errors."""

import logging
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
from app.http import request_id

_log = logging.getLogger(__name__)


def refusal(error: BaseException) -> bytes:
    """Log a refusal; return the whole answer, which says that the connection ends with it.

    Neither repeats what was sent: nobody knows yet what it is.
    """
    environ: dict[str, Any] = {}
    request_id.begin(environ)
    try:
        known = _known(error)
        if known.status < 500:
            _log.info("%s: %s before there was a request", known.code, type(error).__name__)
        else:
            _log.error("%s: %s", known.code, type(error).__name__, exc_info=error)
        return _answer(known)
    finally:
        request_id.end()


def _known(error: BaseException) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, LimitRequestLine):
        return AddressTooLong()
    if isinstance(error, LimitRequestHeaders):
        return HeadersTooLarge()
    if isinstance(error, (ParseException, NoMoreData)):
        return InvalidRequest(message="The request can't be understood.")
    return AppError()


def _answer(error: AppError) -> bytes:
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
