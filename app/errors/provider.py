"""What any call to the provider that draws and writes may end with."""

from app.errors.base import AppError, Charged
from app.errors.cassettes import CassetteMissing
from app.errors.requests import PromptRejected


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


class TransparencyRefused(ProviderMisconfigured):
    """The model can't draw on a transparent background. It is asked for a white one instead."""


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
    CassetteMissing,
)
"""What any call to the provider may end with."""
