"""Errors of calls to the provider."""

from app.errors.base import AppError, Charged
from app.errors.requests import PromptRejected


class ProviderUnreachable(AppError):
    """No connection was made, so nothing was sent or charged."""

    status, code, retry_after, charged = 503, "provider_unreachable", 5, Charged.NO
    message = "The image provider is unreachable. Nothing was charged. Try again."


class ProviderTimeout(AppError):
    """No complete response was received in time.

    The request is never retried, because it may have been charged.
    """

    status, code = 504, "provider_timeout"
    message = "The image provider did not respond in time. The request may have been charged."


class ProviderError(AppError):
    """The provider returned a server error."""

    status, code = 502, "provider_error"
    message = "The image provider reported an error. The request may have been charged."


class ProviderRateLimited(AppError):
    """The provider's rate limit is reached."""

    status, code, retry_after, charged = 503, "provider_rate_limited", 20, Charged.NO
    message = "The image provider is busy. Nothing was charged. Try again later."


class ProviderQuota(AppError):
    """The operator's account at the provider has no credit or quota left."""

    status, code, charged = 503, "provider_quota", Charged.NO
    message = "The image provider's quota is used up. The operator must raise it."


class ProviderMisconfigured(AppError):
    """The provider rejects the key, the model or a parameter."""

    status, code, charged = 503, "provider_misconfigured", Charged.NO
    message = "The image provider rejects this server's configuration. The operator must fix it."


class TransparencyRefused(ProviderMisconfigured):
    """The model refuses to draw on a transparent background.

    Nothing was charged. A white background is requested instead.
    """


class EditsUnsupported(AppError):
    """The image provider's server or model can't edit images.

    Nothing was charged.
    """

    status, code, charged = 501, "edits_unsupported", Charged.NO
    message = "The image provider can't edit images. Nothing was charged."


class ProviderBadResponse(AppError):
    """The provider's response is not a usable image.

    Args:
        detail: text for the log only.
        evidence: the received bytes, which are kept because they may have been charged.
        charged: whether the provider charged for the response.
        message: replaces the class's message.
    """

    status, code = 502, "provider_bad_response"
    message = "The image provider's response is not a usable image."

    def __init__(
        self,
        detail: str,
        *,
        evidence: bytes = b"",
        charged: Charged | None = None,
        message: str | None = None,
    ) -> None:
        super().__init__(detail, charged=charged, message=message)
        self.evidence = evidence


class CassetteMissing(AppError):
    """In replay mode, no cassette matches the request."""

    status, code, charged = 501, "recording_missing", Charged.NO
    message = (
        "This server replays recorded requests only, and this request was not recorded. Record it "
        "with IMAGE_PROVIDER=record, or send a recorded request."
    )


PROVIDER_FAILURES: tuple[type[AppError], ...] = (
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
    CassetteMissing,
)
"""All errors that a call to the provider can raise."""
