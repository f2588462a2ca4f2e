"""Faults with an error response; nothing is generated."""

from collections.abc import Mapping
from typing import Any, Self

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import (
    INVALID_REQUEST,
    USUAL_CODES,
    error,
    leaky,
    moderation_blocked,
    no_such_model,
)
from tests.support.fake_openai.reply import Reply


class ErrorFaults(Behavior):
    """Errors of the API itself; free by default."""

    @classmethod
    def _error(cls, name: str, status: int, message: str, *args: Any, **more: Any) -> Self:
        return cls(name, reply=error(status, leaky(message), *args, **more))

    @classmethod
    def status(
        cls,
        status: int,
        error_code: str | None = None,
        error_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        paid: bool = False,
    ) -> Self:
        """Respond with any status; code and type default to the usual ones of that status."""
        code, kind = USUAL_CODES.get(status, USUAL_CODES[500 if status >= 500 else 400])
        message = leaky("The server had an error while processing your request. Sorry about that!")
        reply = error(status, message, error_code or code, error_type or kind, headers=headers)
        return cls(f"status_{status}", paid, reply=reply)

    @classmethod
    def json_response(cls, document: object, status: int = 200, paid: bool = False) -> Self:
        """Respond with any JSON document."""
        return cls("json_response", paid, reply=Reply.of(document, status))

    @classmethod
    def html(cls, paid: bool = True) -> Self:
        """Respond with 200 and an HTML page, as a proxy or a captive portal does."""
        page = b"<!doctype html><title>Login</title><h1>Welcome UPSTREAM-SECRET-TEXT</h1>"
        return cls("html", paid, reply=Reply(200, page, "text/html; charset=utf-8"))

    @classmethod
    def rate_limited(cls, retry_after: int | None = 7) -> Self:
        """Respond with the 429 for too many requests."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        message = "Rate limit reached for images per minute: Limit 5, Used 5, Requested 1."
        code = "rate_limit_exceeded"
        return cls._error("rate_limited", 429, message, code, "requests", headers=headers)

    @classmethod
    def quota(cls, code: str = "credit_balance_exhausted") -> Self:
        """Respond with the 429 for an exhausted quota."""
        message = "You exceeded your current quota, please check your plan and billing details."
        return cls._error("quota", 429, message, code, "insufficient_quota")

    @classmethod
    def billing_hard_limit(cls) -> Self:
        """Respond with the 400 for an account at its limit, which is not the caller's fault."""
        message, code = "Billing hard limit has been reached", "billing_hard_limit_reached"
        return cls._error("billing_hard_limit", 400, message, code)

    @classmethod
    def moderation_blocked(cls, stage: str = "input") -> Self:
        """Respond with the 400 of the image model's own moderation, at stage input or output."""
        return cls("moderation_blocked", reply=moderation_blocked(leaky(""), stage))

    @classmethod
    def content_policy_violation(cls) -> Self:
        """Respond with the 400 of older image models and Azure for a rejected prompt."""
        message = "Your request was rejected as a result of our safety system."
        return cls._error("content_policy_violation", 400, message, "content_policy_violation")

    @classmethod
    def invalid_prompt(cls) -> Self:
        """Respond with the 400 of a text model for a rejected prompt."""
        message = "Invalid prompt: your prompt was flagged as violating our usage policy."
        return cls._error("invalid_prompt", 400, message, "invalid_prompt")

    @classmethod
    def model_retired(cls, missing: bool = False) -> Self:
        """Respond with the 400 of a retired model, or the 404 of a missing one."""
        if missing:
            return cls("model_missing", reply=no_such_model(leaky("gpt-image-1")))
        message = "Invalid value: 'gpt-image-1'. The model has been shut down."
        args = ("invalid_value", INVALID_REQUEST, "model")
        return cls._error("model_retired", 400, message, *args)
