"""Errors of authentication, authorization, rate limits and budgets."""

from app.errors.base import AppError, Charged


class Unauthorized(AppError):
    """The API key is missing, malformed, unknown, revoked or expired.

    The response is the same in all cases, so that it reveals nothing about keys.
    """

    status, code = 401, "unauthorized"
    message = (
        "A valid API key is required. Send it as `Authorization: Bearer <key>` or "
        "`X-API-Key: <key>`."
    )


class Forbidden(AppError):
    """The API key is valid, but lacks the required scope."""

    status, code = 403, "forbidden"
    message = "This API key lacks the scope for this request. Use another key."


class RateLimited(AppError):
    """The caller's rate limit is reached."""

    status, code = 429, "rate_limited"
    message = "You've hit the rate limit. Try again later."


class BudgetExceeded(AppError):
    """The budget is spent, or reserved for images that are being generated."""

    status, code, charged = 429, "budget_exceeded", Charged.NO
    message = "The budget is used up, so nothing was charged. Try again when it resets."


class UploadQuotaExceeded(AppError):
    """The caller has uploaded as much as is allowed in a day."""

    status, code, charged = 429, "upload_quota_exceeded", Charged.NO
    message = "The upload quota of the day is used up. Try again when it resets."


class PriceUnknown(AppError):
    """A budget applies, but the price of the model is unknown."""

    status, code, charged = 503, "price_unknown", Charged.NO
    message = (
        "The server has a budget, but the model's price is unknown, so nothing was charged. "
        "The operator must set OPENAI_PRICES."
    )
