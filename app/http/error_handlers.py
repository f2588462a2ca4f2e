"""JSON responses of one shape for all errors."""

import logging

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from app.errors import AppError, Charged
from app.http.contract import openai_errors
from app.http.idempotency import mark_replayed
from app.http.logs.request_id import request_id

_log = logging.getLogger(__name__)

_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
}
_MESSAGES = {
    400: "The request is malformed.",
    404: "There is nothing at this URL.",
    405: "This URL doesn't support the method. Use one from the Allow header.",
}


def register(app: Flask) -> None:
    """Handle all errors of the app with JSON responses."""
    app.register_error_handler(AppError, _handle_app_error)
    app.register_error_handler(HTTPException, _handle_http_exception)
    app.register_error_handler(Exception, _handle_unexpected)


def error_event(error: Exception) -> dict[str, object]:
    """Log an error and return the data of its `error` event.

    It is the body of the error response, with `http_status` and `retry_after` in place of the
    status and the header.
    """
    app_error = _log_app_error(error) if isinstance(error, AppError) else _log_unexpected(error)
    event = _body_of(app_error) | {"http_status": app_error.status}
    if app_error.retry_after is not None:
        event["retry_after"] = app_error.retry_after
    return event


def openai_error_event(error: Exception) -> dict[str, object]:
    """Log an error and return the data of the event that OpenAI's clients expect."""
    app_error = _log_app_error(error) if isinstance(error, AppError) else _log_unexpected(error)
    return openai_errors.openai_body(app_error)


def error_response(error: AppError, **fields: object) -> Response:
    """Return the response for an error, with `fields` added to its body."""
    if openai_errors.is_openai_path(request.path):
        response = jsonify(openai_errors.openai_body(error))
        response.headers.update(openai_errors.headers_of(error))
        return _finish(response, openai_errors.status_of(error))
    return _finish(jsonify(_body_of(error) | fields), error.status)


def _handle_app_error(error: AppError) -> Response:
    response = error_response(_log_app_error(error))
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.replayed:
        mark_replayed(response)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 15.5.2
    return response


def _handle_http_exception(error: HTTPException) -> Response:
    """Convert a Werkzeug error, keeping headers such as Allow and Location."""
    original = error.get_response()
    status = original.status_code
    if status < 400:  # a redirect, for example to add a trailing slash
        return Response(headers=original.headers, status=status)
    code, message = _CODES.get(status, "http_error"), _MESSAGES.get(status, error.name)
    if openai_errors.is_openai_path(request.path):
        response = jsonify(openai_errors.body_of(message, status=status, code=code))
    else:
        response = jsonify(_body(code, message))
    for name, value in original.headers:
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return _finish(response, status)


def _handle_unexpected(error: Exception) -> Response:
    return error_response(_log_unexpected(error))


def _log_app_error(error: AppError) -> AppError:
    level = logging.INFO if error.status < 500 else logging.WARNING
    _log.log(level, "%s: %s (charged: %s)", error.code, error.detail, error.charged or "-")
    return error


def _log_unexpected(error: Exception) -> AppError:
    _log.error("internal_error: %s", type(error).__name__, exc_info=error)
    return AppError(charged=Charged.UNKNOWN if _endpoint_can_charge() else None)


def _endpoint_can_charge() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    contract = getattr(view, "contract", None)
    return contract is not None and contract.idempotent


def _body_of(error: AppError) -> dict[str, object]:
    body = _body(error.code, error.message)
    if error.errors:
        body["errors"] = error.errors
    if error.charged is not None:
        body["charged"] = str(error.charged)
    return body | dict(error.facts)


def _body(code: str, message: str) -> dict[str, object]:
    return {"status": "error", "message": message, "code": code, "request_id": request_id()}


def _finish(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
