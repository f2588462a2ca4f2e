"""Results of tools as MCP sends them: text, structured content and images; or an error."""

import base64
import json
import logging
from typing import Any

from flask import current_app

from app import errors
from app.blueprints.mcp.tools.base import ToolOutput
from app.errors import AppError, Charged
from app.http.error_handlers import error_event

_log = logging.getLogger(__name__)

# Errors that mention Idempotency-Keys, which no caller of a tool knows of.
_MESSAGES: dict[type[AppError], str] = {
    errors.GenerationInProgress: (
        "This image is being generated already. Call the tool again with the same arguments in a "
        "few seconds to get it, without another charge."
    ),
    errors.OutcomeUnknown: (
        "An earlier call with these arguments may have been charged, but its image was never "
        "received. To generate the image again, with another charge, set `again` to true."
    ),
    errors.ImageDeleted: (
        "The image of an earlier call with these arguments was deleted. To generate a new one, "
        "with another charge, set `again` to true."
    ),
    errors.ImageTrashed: (
        "The image of an earlier call with these arguments is in the trash. Restore it, or set "
        "`again` to true to generate a new one, with another charge."
    ),
    errors.ImagePendingUpload: (
        "The image was generated and is kept safely, but the image storage is unavailable. Call "
        "the tool again later with the same arguments to get it, without another charge."
    ),
}
_LOST = (
    "An earlier call with these arguments was charged, but its image could not be stored. To "
    "generate it again, with another charge, set `again` to true."
)


def success(output: ToolOutput) -> dict[str, Any]:
    """Return the result of a call. The text repeats the structured content, for older clients."""
    text = {"type": "text", "text": current_app.json.dumps(output.content)}
    images = [
        {
            "type": "image",
            "data": base64.b64encode(image.data).decode(),
            "mimeType": image.content_type,
        }
        for image in output.previews
    ]
    return {
        "content": [text, *images],
        "structuredContent": output.content,
        "isError": False,
    }


def failure(error: Exception, *, may_charge: bool) -> dict[str, Any]:
    """Log an error and return the result of the call that it ended.

    The text is the JSON of the REST API's error response. There is no structured content, since
    it would not conform to the tool's schema.

    Args:
        error: an expected or unexpected error.
        may_charge: whether the tool spends money, so that an unexpected error may have cost some.
    """
    if not isinstance(error, AppError):
        _log.error("internal_error: %s", type(error).__name__, exc_info=error)
        error = AppError(charged=Charged.UNKNOWN if may_charge else None)
    if may_charge:
        error.charged = error.charged or Charged.NO  # it occurred before anything was paid
    body = error_event(error) | {"message": _message(error)}
    body = {name: value for name, value in body.items() if name not in {"status", "http_status"}}
    return {"content": [{"type": "text", "text": json.dumps(body)}], "isError": True}


def _message(error: AppError) -> str:
    if isinstance(error, errors.StorageUnavailable) and error.replayed:
        return _LOST
    resets_at = error.facts.get("resets_at")
    until = f" It resets at {resets_at}." if resets_at else ""
    return _MESSAGES.get(type(error), error.message) + until
