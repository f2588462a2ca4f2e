"""Error responses with the texts and fields of the real API."""

from collections.abc import Mapping
from typing import Any

from tests.support.fake_openai.reply import Reply

SECRET_MARKER = "UPSTREAM-SECRET-TEXT"
"""Part of every scripted error: if a response or a log contains it, there is a leak."""

INVALID_REQUEST = "invalid_request_error"
IMAGE_USER_ERROR = "image_generation_user_error"

# The usual code and type of an error with this status.
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
    """Mask the middle of a key as the API does when it quotes one."""
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
    """Return an error response; `more` adds fields such as `moderation_details`."""
    inner = {"message": message, "type": kind, "param": param, "code": code, **more}
    return Reply.of({"error": inner}, status, headers)


def leaky(message: str) -> str:
    """Add what must never reach a client: the marker and a masked key."""
    return f"{message} [{SECRET_MARKER}; key {mask_key('sk-test-fake-openai-key-000000')}]"


def wrong_key(key: str | None) -> Reply:
    """Return the 401 for a missing or unknown key."""
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
    """Return the 400 for a parameter that the model doesn't support."""
    return error(400, f"Unknown parameter: '{name}'.", "unknown_parameter", param=name)


def invalid_value(param: str, value: object, supported: str, kind: str = INVALID_REQUEST) -> Reply:
    """Return the 400 for an unsupported value."""
    message = f"Invalid value: '{value}'. Supported values are: {supported}."
    return error(400, message, "invalid_value", kind, param)


def transparency_refused() -> Reply:
    """Return the 400 of a model without support for a transparent background."""
    message = leaky("Transparent background is not supported for this model.")
    return error(400, message, "invalid_value", IMAGE_USER_ERROR, "background")


def moderation_blocked(note: str = "", stage: str = "input") -> Reply:
    """Return the 400 for a prompt that the image model itself rejects."""
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
    """Return the 404 for a model that is unknown or not available to the key."""
    return error(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
    )
