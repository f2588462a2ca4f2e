"""Why a caller is not let in, or not now."""

from app.errors.base import AppError, Charged


class Unauthorized(AppError):
    """No key, or a malformed, unknown, revoked or expired one; the caller can't tell which."""

    status, code = 401, "unauthorized"
    message = "Send a valid API key, as `Authorization: Bearer <key>` or `X-API-Key: <key>`."


class Forbidden(AppError):
    """The key is good, and not for this."""

    status, code = 403, "forbidden"
    message = "This API key does not allow that."


class RateLimited(AppError):
    """The caller has asked too often."""

    status, code = 429, "rate_limited"
    message = "Too many requests. Please try again later."


class BudgetExceeded(AppError):
    """What may be spent is spent, or held for images that are being drawn."""

    status, code, charged = 429, "budget_exceeded", Charged.NO
    message = "The budget is used up. Nothing was paid."


class PriceUnknown(AppError):
    """There is a budget, and nobody can tell whether this would stay within it."""

    status, code, charged = 503, "price_unknown", Charged.NO
    message = (
        "There is a budget here, and the price of the model is not known, so nothing was paid. "
        "The operator has to set OPENAI_PRICES."
    )
