"""Validation of image requests, with the messages and codes of the real API."""

import re
from typing import Any

from tests.support.fake_openai import errors
from tests.support.fake_openai.reply import ApiError, Json

_SHARED = {"prompt", "model", "n", "quality", "size", "user"}
_GPT_ONLY = {
    *("background", "complexity", "moderation", "output_compression", "output_format"),
    *("partial_images", "safety_identifier", "stream"),
}
_LEGACY_ONLY = {"response_format", "style"}
_LEGACY_SIZES = ("1024x1024", "1792x1024", "1024x1792")
_CHOICES: dict[str, tuple[object, ...]] = {
    "background": ("transparent", "opaque", "auto"),
    "moderation": ("low", "auto"),
    "output_format": ("png", "webp", "jpeg"),
    "partial_images": (0, 1, 2, 3),
    "quality": ("low", "medium", "high", "xhigh", "max", "auto"),
}
_LEGACY_CHOICES: dict[str, tuple[object, ...]] = {
    "quality": ("standard", "hd"),
    "response_format": ("url", "b64_json"),
}


def check_names(body: Json, legacy: bool, *, edits: bool = False) -> None:
    """Reject parameters that the model doesn't support."""
    allowed = _SHARED | (_LEGACY_ONLY if legacy else _GPT_ONLY)
    allowed = allowed - {"moderation"} if edits else allowed
    for name in body:
        if name not in allowed:
            raise ApiError(errors.unknown_parameter(name))


def check_prompt(body: Json, limit: int) -> None:
    """Reject a missing, empty or too long prompt."""
    prompt: Any = body.get("prompt")
    if not prompt or not isinstance(prompt, str):
        message, code = "Missing required parameter: 'prompt'.", "missing_required_parameter"
        raise ApiError(errors.error(400, message, code, param="prompt"))
    if len(prompt) > limit:
        message = (
            f"Invalid 'prompt': string too long. Expected a string with maximum length {limit}, "
            f"but got a string with length {len(prompt)} instead."
        )
        code = "string_above_max_length"
        raise ApiError(errors.error(400, message, code, param="prompt"))


def check_values(body: Json, legacy: bool) -> None:
    """Reject unsupported values and unsupported combinations of values."""
    for name, choices in (_LEGACY_CHOICES if legacy else _CHOICES).items():
        value = body.get(name)
        if value is not None and value not in choices:
            supported = ", ".join(f"'{choice}'" for choice in choices)
            raise ApiError(errors.invalid_value(name, value, supported))
    count = body.get("n")
    if count is not None and not (isinstance(count, int) and 1 <= count <= 10):
        raise ApiError(errors.invalid_value("n", count, "1 to 10"))
    if body.get("background") == "transparent" and body.get("output_format") == "jpeg":
        message = "Transparent background is not supported for JPEG output format."
        kind = errors.IMAGE_USER_ERROR
        raise ApiError(errors.error(400, message, "invalid_value", kind, "background"))


def checked_size(size: str, legacy: bool) -> tuple[int, int]:
    """Return width and height, or reject a size that the model doesn't support."""
    if size == "auto":
        return 1024, 1024
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if match:
        width, height = int(match[1]), int(match[2])
        if (size in _LEGACY_SIZES) if legacy else _supported(width, height):
            return width, height
    sizes = _LEGACY_SIZES if legacy else ("1024x1024", "1024x1536", "1536x1024", "and auto")
    message = f"Invalid size '{size}'. Supported sizes are {', '.join(sizes)}."
    kind = errors.IMAGE_USER_ERROR
    raise ApiError(errors.error(400, message, "invalid_value", kind, "size"))


def _supported(width: int, height: int) -> bool:
    """Return whether GPT image models support a size: multiples of 16, at most 3:1, in limits."""
    long, short = max(width, height), min(width, height)
    whole_steps = width % 16 == 0 and height % 16 == 0
    return (
        whole_steps and long <= 3840 and long <= 3 * short and 655_360 <= long * short <= 8_294_400
    )
