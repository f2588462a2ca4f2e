"""One shape for every failure, whatever failed and wherever."""

import logging

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from app.errors import AppError, Charged
from app.http.idempotency import mark_replayed
from app.http.request_id import request_id

_log = logging.getLogger(__name__)

_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
}
_MESSAGES = {
    400: "The request can't be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take that method; see the Allow header.",
}


def register(app: Flask) -> None:
    """Answer all errors of the app as JSON."""
    app.register_error_handler(AppError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def reported(error: Exception) -> dict[str, object]:
    """Log an error, and return the body of its answer with what status and headers would tell."""
    known = _noted(error) if isinstance(error, AppError) else _noted_bug(error)
    more = {} if known.retry_after is None else {"retry_after": known.retry_after}
    return _body_of(known) | {"http_status": known.status} | more


def _expected(error: AppError) -> Response:
    answer = failure(_noted(error))
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    if error.replayed:
        mark_replayed(answer)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 15.5.2
    return answer


def failure(error: AppError, **more: object) -> Response:
    """Return the public half of an error, with some more fields if need be."""
    return _uncached(jsonify(_body_of(error) | more), error.status)


def _noted(error: AppError) -> AppError:
    level = logging.INFO if error.status < 500 else logging.WARNING
    _log.log(level, "%s: %s (charged: %s)", error.code, error.detail, error.charged or "-")
    return error


def _noted_bug(error: Exception) -> AppError:
    _log.error("internal_error: %s", type(error).__name__, exc_info=error)
    return AppError(charged=Charged.UNKNOWN if _may_pay() else None)


def _http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses, keeping its headers: Allow, Location and the like."""
    original = error.get_response()
    if original.status_code < 400:  # a redirect, as for a missing final slash
        return Response(headers=original.headers, status=original.status_code)
    status = original.status_code
    answer = jsonify(_body(_CODES.get(status, "http_error"), _MESSAGES.get(status, error.name)))
    for name, value in original.headers:
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return _uncached(answer, status)


def _unexpected(error: Exception) -> Response:
    return failure(_noted_bug(error))


def _may_pay() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    declared = getattr(view, "contract", None)
    return declared is not None and declared.idempotent


def _body_of(error: AppError) -> dict[str, object]:
    body = _body(error.code, error.message)
    if error.errors:
        body["errors"] = error.errors
    if error.charged is not None:
        body["charged"] = str(error.charged)
    return body | dict(error.facts)


def _body(code: str, message: str) -> dict[str, object]:
    return {"status": "error", "message": message, "code": code, "request_id": request_id()}


def _uncached(answer: Response, status: int) -> Response:
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
