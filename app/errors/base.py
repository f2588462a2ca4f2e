"""The base class of all expected errors.

Errors are safe by default: the client gets `message`, `code` and further public fields, but never
`detail`, which is only logged. No detail contains an API key or text from an upstream server.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Charged(StrEnum):
    """Whether the provider charged for an image."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class AppError(Exception):
    """Base of all expected errors.

    Args:
        detail: text for the log only.
        message: replaces the class's message, which the client shows to people.
        retry_after: whole seconds after which a retry makes sense.
        charged: whether the provider charged for an image; None if no image is involved.
        errors: the invalid fields, each as `{"field": ..., "message": ...}`.
        facts: further fields of the response, for programs.

    Attributes:
        replayed: whether this repeats the response to an earlier request.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    message: str = (
        "An unexpected error occurred. Try again, and report the `request_id` if it persists."
    )
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
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or message or self.message)
        self.detail = detail
        self.message = message or self.message
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.charged = charged or self.charged
        self.errors = errors or []
        self.facts = facts or {}
