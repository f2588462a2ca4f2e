"""Errors for invalid requests."""

from app.errors.base import AppError, Charged


class InvalidJson(AppError):
    """The body is not JSON, or different parsers may read it differently."""

    status, code = 400, "invalid_json"
    message = "The body is not valid JSON."


class InvalidRequest(AppError):
    """A field is missing, unknown or invalid."""

    status, code = 400, "invalid_request"
    message = "The request is not valid."

    @classmethod
    def of_fields(cls, problems: list[dict[str, str]]) -> "InvalidRequest":
        """Return the error for a list of `{"field": ..., "message": ...}`."""
        summary = " ".join(f"{problem['field']}: {problem['message']}" for problem in problems)
        return cls(message=f"The request is not valid. {summary}", errors=problems)

    @classmethod
    def of_field(cls, field: str, problem: str) -> "InvalidRequest":
        """Return the error for one field; the problem may lack capital letter and period."""
        message = f"{problem[:1].upper()}{problem[1:].rstrip('.')}."
        return cls.of_fields([{"field": field, "message": message}])


class ModelNotFound(AppError):
    """The server has no model of this name."""

    status, code = 404, "model_not_found"
    message = "There is no model of this name."


class InvalidMask(AppError):
    """The mask of an edit does not fit the image."""

    status, code = 422, "invalid_mask"
    message = "The mask can't be used."

    @classmethod
    def because(cls, problem: str) -> "InvalidMask":
        """Return the error for a problem, such as `must be a PNG file`."""
        message = f"{problem[:1].upper()}{problem[1:].rstrip('.')}."
        return cls(
            message=f"The mask can't be used. {message}",
            errors=[{"field": "mask", "message": message}],
        )


class PromptRejected(AppError):
    """The prompt violates the content policy."""

    status, code, charged = 400, "prompt_rejected", Charged.NO
    message = "This prompt violates the content policy. Try a different prompt."


class UnsupportedMediaType(AppError):
    """The content type of the body is not JSON."""

    status, code = 415, "unsupported_media_type"
    message = "Send the body as JSON, with the header Content-Type: application/json."


class RequestTooLarge(AppError):
    """The body is larger than the limit."""

    status, code = 413, "request_too_large"
    message = "The body is larger than 64 KiB. Send a shorter one."


class AddressTooLong(AppError):
    """The request line is longer than the limit."""

    status, code = 414, "address_too_long"
    message = "The URL is too long."


class HeadersTooLarge(AppError):
    """There are too many headers, or some are too large."""

    status, code = 431, "headers_too_large"
    message = "The request has too many headers, or headers that are too large."


class RequestTimeout(AppError):
    """The request was not received in time."""

    status, code = 408, "request_timeout"
    message = "The request was not received in time. Send it again."


class ImageNotFound(AppError):
    """The image does not exist, or belongs to another caller."""

    status, code = 404, "image_not_found"
    message = "There is no image with this name."


class ImageReplaced(ImageNotFound):
    """Another image took the place of this one; the view redirects to it.

    Args:
        path: the path and query of the other image on this service.
        max_age: how long caches may keep the redirect, in seconds.
    """

    def __init__(self, path: str, *, max_age: int) -> None:
        super().__init__(path)
        self.path = path
        self.max_age = max_age
