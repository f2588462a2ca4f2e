"""Errors of the endpoints below /v1, in the shape of OpenAI's API."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from app import errors
from app.errors import AppError, Charged

RETRY_HEADER = "x-should-retry"
"""Says to OpenAI's clients whether to repeat a request; without it, they decide by the status."""

_TARGET = re.compile(r".*/v1/(?:images/(?:generations|edits)|models(?:/.*)?)")
_NUMBER = re.compile(r"\.(\d+)")  # of an item of a list, which OpenAI has in brackets
_STATUSES: Mapping[type[AppError], int] = {errors.InvalidMask: 400}
_CODES: Mapping[str, str] = {
    errors.Unauthorized.code: "invalid_api_key",
    errors.RateLimited.code: "rate_limit_exceeded",
    errors.PromptRejected.code: "moderation_blocked",
    errors.BudgetExceeded.code: "insufficient_quota",
    errors.UploadQuotaExceeded.code: "insufficient_quota",
}
_TYPES: Mapping[str, str] = {
    "moderation_blocked": "image_generation_user_error",
    "rate_limit_exceeded": "requests",
    "insufficient_quota": "insufficient_quota",
}
_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "Unknown field.": ("unknown_parameter", "Unknown parameter: '{}'."),
    "Required.": ("missing_required_parameter", "Missing required parameter: '{}'."),
}
_MAY_BE_REPEATED = {408, 409, 429}  # and all from 500 on, by OpenAI's clients


class OpenAIError(BaseModel):
    """An error as OpenAI's API describes it."""

    message: str = Field(description="What is wrong and what to do, for people.")
    type: str
    param: str | None = Field(description="The parameter that is wrong, if it is one.")
    code: str | None = Field(description="Identifies the error, for programs.")
    charged: Charged | None = Field(None, description="Whether the provider charged for an image.")


class OpenAIErrorResponse(BaseModel):
    """The body of every error response below `/v1`."""

    error: OpenAIError


def is_openai_path(path: str) -> bool:
    """Return whether errors at this path of the service have OpenAI's shape."""
    return path.startswith("/v1/")


def is_openai_target(path: str) -> bool:
    """Return whether they have it at this path of the server, which may be above the service's."""
    return _TARGET.fullmatch(path) is not None


def status_of(error: AppError | type[AppError]) -> int:
    """Return the status that OpenAI's API has for an error."""
    kind = error if isinstance(error, type) else type(error)
    return _STATUSES.get(kind, error.status)


def openai_body(error: AppError) -> dict[str, Any]:
    """Return the body of the response for an error, or the data of its event."""
    param = _NUMBER.sub(r"[\1]", error.errors[0]["field"]) if error.errors else None
    code, message = _code_of(error), error.message
    if error.errors and error.code == errors.InvalidRequest.code:
        problem = error.errors[0]["message"]
        code, text = _PROBLEMS.get(problem, ("invalid_value", ""))
        message = text.format(param) if text else f"Invalid value for '{param}'. {problem}"
    elif error.code == errors.ModelNotFound.code:
        param = "model"
    return body_of(message, status=status_of(error), code=code, param=param, charged=error.charged)


def body_of(
    message: str,
    *,
    status: int,
    code: str | None = None,
    param: str | None = None,
    charged: Charged | None = None,
) -> dict[str, Any]:
    """Return the body of an error response."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error: dict[str, Any] = {
        "message": message,
        "type": _TYPES.get(code or "", kind),
        "param": param,
        "code": code,
    }
    return {"error": error | ({"charged": str(charged)} if charged else {})}


def headers_of(error: AppError) -> dict[str, str]:
    """Return headers by which clients don't repeat a request in vain."""
    status = status_of(error)
    if status not in _MAY_BE_REPEATED and status < 500:
        return {}
    return {RETRY_HEADER: "false" if error.retry_after is None else "true"}


def openai_failure_response(of_status: list[type[AppError]], references: Any) -> dict[str, Any]:
    """Return the OpenAPI response object of errors with the same status."""
    examples = {_code_of(error): {"value": _example(error)} for error in of_status}
    return {
        "description": " · ".join(f"`{_code_of(error)}`: {error.message}" for error in of_status),
        "content": {
            "application/json": {
                "schema": references[(OpenAIErrorResponse, "serialization")],
                "examples": examples,
            }
        },
    }


def _example(error: type[AppError]) -> dict[str, Any]:
    return body_of(
        error.message, status=status_of(error), code=_code_of(error), charged=error.charged
    )


def _code_of(error: AppError | type[AppError]) -> str:
    return _CODES.get(error.code, error.code)
