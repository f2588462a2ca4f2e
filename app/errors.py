"""Every failure the service answers with: a public half for callers, a private half for the log.

An error is safe by default: only `message`, `code` and the few fields beside them are sent to the
caller; `detail` goes to the log and never holds a key or an upstream's own text.
"""

from enum import StrEnum
from typing import ClassVar


class Charged(StrEnum):
    """Whether a picture was paid for."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class AppError(Exception):
    """Base of all expected failures.

    Args:
        detail: for the log only.
        message: replaces the class's message for people.
        retry_after: whole seconds after which trying again makes sense.
        charged: whether a picture was paid for; None where no picture is concerned.
        errors: the fields at fault, as `{"field": ..., "message": ...}`.

    Attributes:
        replayed: whether this is the answer to an earlier request, told once more.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    message: str = "Something went wrong on our side."
    retry_after: int | None = None
    charged: Charged | None = None
    replayed: bool = False

    def __init__(
        self,
        detail: str = "",
        *,
        message: str | None = None,
        retry_after: int | None = None,
        charged: Charged | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(detail or message or self.message)
        self.detail = detail
        self.message = message or self.message
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.charged = charged or self.charged
        self.errors = errors or []


# --- what the caller sent ---------------------------------------------------------------------


class InvalidJson(AppError):
    """The body is not JSON at all."""

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


class ImageNotFound(AppError):
    """There is no such picture."""

    status, code = 404, "image_not_found"
    message = "There is no image of that name."


# --- an Idempotency-Key that was seen before -------------------------------------------------


class GenerationInProgress(AppError):
    """The first request with this key is still being worked on."""

    status, code, retry_after = 409, "generation_in_progress", 5
    message = "The image for this Idempotency-Key is being drawn. Ask again with the same key."


class OutcomeUnknown(AppError):
    """Nobody knows whether the picture of this key was drawn; it will not be bought again."""

    status, code, charged = 409, "outcome_unknown", Charged.UNKNOWN
    message = (
        "The image for this Idempotency-Key may have been paid for, but never arrived. "
        "A new key draws it anew, and may pay a second time."
    )


class IdempotencyKeyReused(AppError):
    """The key belongs to another request."""

    status, code, charged = 422, "idempotency_key_reused", Charged.NO
    message = "This Idempotency-Key was used for another request. Take a new one."


class ImageDeleted(AppError):
    """The picture of this key was made and deleted; it is not drawn again by itself."""

    status, code, charged = 410, "image_deleted", Charged.NO
    message = "The image for this Idempotency-Key was deleted. A new key draws a new one."


# --- our own parts ----------------------------------------------------------------------------


class ServiceBusy(AppError):
    """As many generations run as this process may hold."""

    status, code, retry_after, charged = 503, "busy", 5, Charged.NO
    message = "Too many images are being drawn right now. Please try again shortly."


class ShuttingDown(AppError):
    """The server finishes what it has begun and takes on nothing new."""

    status, code, retry_after, charged = 503, "shutting_down", 5, Charged.NO
    message = "The server is being stopped or restarted. Nothing was paid; please try again."


class NotReady(AppError):
    """A part that the service can't work without is down."""

    status, code, retry_after = 503, "not_ready", 5
    message = "The service is not ready."


class StorageUnavailable(AppError):
    """The picture store can't be reached or refuses us."""

    status, code, retry_after = 503, "storage_unavailable", 5
    message = "The image storage is not available right now."


class RecordsUnavailable(AppError):
    """The records store can't be reached or refuses us."""

    status, code, retry_after = 503, "records_unavailable", 5
    message = "The image records are not available right now."


# --- the provider that draws and writes -------------------------------------------------------


class ProviderUnreachable(AppError):
    """No connection was made, so nothing was sent and nothing can have been paid."""

    status, code, retry_after, charged = 503, "provider_unreachable", 5, Charged.NO
    message = "The image provider can't be reached. Nothing was paid; please try again."


class ProviderTimeout(AppError):
    """The request was sent, but no whole answer came back. Never retried: it may have been paid."""

    status, code = 504, "provider_timeout"
    message = "The image provider did not answer in time."


class ProviderError(AppError):
    """The provider failed on its side."""

    status, code = 502, "provider_error"
    message = "The image provider failed."


class ProviderRateLimited(AppError):
    """The provider asks us to slow down."""

    status, code, retry_after, charged = 503, "provider_rate_limited", 20, Charged.NO
    message = "The image provider is busy. Nothing was paid; please try again later."


class ProviderQuota(AppError):
    """The operator's account has no money left, or reached its limit."""

    status, code, charged = 503, "provider_quota", Charged.NO
    message = "The image provider's quota is used up. The operator has to raise it."


class ProviderMisconfigured(AppError):
    """Bad key, unknown or retired model, wrong parameter: only the operator can mend it."""

    status, code, charged = 503, "provider_misconfigured", Charged.NO
    message = "The image provider refuses this server's configuration. The operator has to fix it."


class ProviderBadResponse(AppError):
    """The provider answered with something that can't be used.

    Args:
        detail: for the log only.
        evidence: the bytes that came back, to be kept: they may have been paid for.
    """

    status, code = 502, "provider_bad_response"
    message = "The image provider's answer can't be used."

    def __init__(
        self, detail: str, *, evidence: bytes = b"", charged: Charged | None = None
    ) -> None:
        super().__init__(detail, charged=charged)
        self.evidence = evidence


PROVIDER_FAILURES: tuple[type[AppError], ...] = (
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
"""What any call to the provider may end with."""
