"""Error bodies in the words and with the fields of the real API."""

from collections.abc import Mapping
from typing import Any

from tests.support.fake_openai.reply import Reply

SECRET_MARKER = "UPSTREAM-SECRET-TEXT"
"""Stands in every scripted error: a test that finds it in an answer or a log has found a leak."""

INVALID_REQUEST = "invalid_request_error"
IMAGE_USER_ERROR = "image_generation_user_error"

# What the API calls an error of this status when nothing more special is meant.
USUAL_CODES: Mapping[int, tuple[str | None, str]] = {
    400: ("invalid_value", INVALID_REQUEST),
    401: ("invalid_api_key", INVALID_REQUEST),
    403: (None, INVALID_REQUEST),
    404: ("model_not_found", INVALID_REQUEST),
    429: ("rate_limit_exceeded", "requests"),
    500: ("server_error", "server_error"),
    503: ("server_is_overloaded", "service_unavailable_error"),
}


def mask_key(key: str) -> str:
    """Hide the middle of a key the way the API does when it echoes one."""
    if len(key) < 12:
        return "*" * len(key)
    return f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"


def error(
    status: int,
    message: str,
    code: str | None = None,
    kind: str = INVALID_REQUEST,
    param: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Reply:
    """Build an error answer; `more` adds fields such as `moderation_details`."""
    inner = {"message": message, "type": kind, "param": param, "code": code, **more}
    return Reply.of({"error": inner}, status, headers)


def leaky(message: str) -> str:
    """Add what must never reach a caller: the marker and a masked key."""
    return f"{message} [{SECRET_MARKER}; key {mask_key('sk-test-fake-openai-key-000000')}]"


def wrong_key(key: str | None) -> Reply:
    """Build the 401 for a missing or an unknown key."""
    if not key:
        return error(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    return error(
        401,
        f"Incorrect API key provided: {mask_key(key)}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        "invalid_api_key",
    )


def unknown_parameter(name: str) -> Reply:
    """Build the 400 for a parameter that this model does not take."""
    return error(400, f"Unknown parameter: '{name}'.", "unknown_parameter", param=name)


def invalid_value(param: str, value: object, supported: str, kind: str = INVALID_REQUEST) -> Reply:
    """Build the 400 for a value that is not one of the supported ones."""
    message = f"Invalid value: '{value}'. Supported values are: {supported}."
    return error(400, message, "invalid_value", kind, param)


def moderation_blocked(note: str = "", stage: str = "input") -> Reply:
    """Build the 400 with which the image model itself refuses a prompt."""
    return error(
        400,
        "Your request was rejected by the safety system. If you believe this is an error, contact "
        "us at help.openai.com and include the request ID req_00000000000000000000000000000000. "
        f"safety_violations=[violence].{note}",
        "moderation_blocked",
        IMAGE_USER_ERROR,
        moderation_details={"moderation_stage": stage, "categories": ["violence"]},
    )


def no_such_model(model: object) -> Reply:
    """Build the 404 for a model that is unknown to this key."""
    return error(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
    )
