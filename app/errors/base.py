"""What all failures have in common.

An error is safe by default: only `message`, `code` and the few fields beside them are sent to the
caller; `detail` goes to the log and never holds a key or an upstream's own text.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Charged(StrEnum):
    """Whether an image was paid for."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class AppError(Exception):
    """Base of all expected failures.

    Args:
        detail: for the log only.
        message: replaces the class's message for people.
        retry_after: whole seconds after which trying again makes sense.
        charged: whether an image was paid for; None where no image is concerned.
        errors: the fields at fault, as `{"field": ..., "message": ...}`.
        facts: further fields of the answer, for programs.

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
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or message or self.message)
        self.detail = detail
        self.message = message or self.message
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.charged = charged or self.charged
        self.errors = errors or []
        self.facts = facts or {}
