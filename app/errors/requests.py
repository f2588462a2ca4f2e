"""What is wrong with a request."""

from app.errors.base import AppError, Charged


class InvalidJson(AppError):
    """The body is not JSON, or not JSON that all parsers read alike."""

    status, code = 400, "invalid_json"
    message = "The body is not valid JSON."


class InvalidRequest(AppError):
    """A field is missing, unknown or wrong."""

    status, code = 400, "invalid_request"
    message = "The request is not valid."


class PromptRejected(AppError):
    """The prompt breaks the content rules."""

    status, code, charged = 400, "prompt_rejected", Charged.NO
    message = "This prompt was refused by the content rules. Please ask for something else."


class UnsupportedMediaType(AppError):
    """The body is not declared as JSON."""

    status, code = 415, "unsupported_media_type"
    message = "Send the body as JSON, with the header Content-Type: application/json."


class RequestTooLarge(AppError):
    """The body is larger than any valid one."""

    status, code = 413, "request_too_large"
    message = "The request is larger than 64 KiB."


class AddressTooLong(AppError):
    """The request line is longer than that of any valid request."""

    status, code = 414, "address_too_long"
    message = "The address of the request is too long."


class HeadersTooLarge(AppError):
    """There are too many header fields, or too large ones."""

    status, code = 431, "headers_too_large"
    message = "The request has too many or too large header fields."


class RequestTimeout(AppError):
    """The request did not arrive in time."""

    status, code = 408, "request_timeout"
    message = "The request took too long to arrive."


class ImageNotFound(AppError):
    """There is no such image."""

    status, code = 404, "image_not_found"
    message = "There is no image of that name."
