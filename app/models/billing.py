"""Usage and cost of model calls, and the periods of budgets.

Money is in whole micros, millionths of a US dollar. Days and months are in UTC.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from app.models.callers import Budget

Period = Literal["day", "month"]
_FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens that a model call used, by price category."""

    text_in: int = 0
    image_in: int = 0
    image_out: int = 0
    text_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancedPrompt:
    """An enhanced prompt and the usage of the call.

    `usage` is None if the response does not report it.
    """

    prompt: str
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedPrompts:
    """Invented prompts and the usage of the call.

    `usage` is None if the response does not report it.
    """

    prompts: list[str]
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """A request to a model.

    Attributes:
        path: relative to the provider's base URL.
        body: the parameters; of an edit, they describe the files.
        input_sizes: widths and heights of the images in it, in pixels.
    """

    method: str
    path: str
    body: Mapping[str, Any]
    input_sizes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """The requests that a generation would send, and its maximum cost.

    `estimate_micros` is None if a price is unknown.
    """

    estimate_micros: int | None
    requests: tuple[UpstreamRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Spending of an account in a day or a month.

    Includes money reserved for images that are being generated.
    """

    micros: int = 0
    images: int = 0
    images_of_unknown_cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReservation:
    """An amount reserved, or about to be, that is to be settled once its record has ended.

    Attributes:
        attempt: the id of the attempt at the image.
        image_id: the id of the record.
        account: the id of the caller.
        micros: what the ledger counts for the attempt while this is open.
        at: the time that selects the windows.
    """

    attempt: str
    image_id: str
    account: str
    micros: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget, its spent amount, and when its next period begins."""

    budget: Budget
    spent_micros: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """The spending of an account by day, and the state of its budget.

    The keys of `days` are dates such as `2026-11-23`.
    """

    days: Mapping[str, Spending]
    budget: BudgetState | None


def operation_digest(operation: str) -> bytes:
    """Return the short form in which ledgers keep the id of an operation, 16 bytes."""
    return hashlib.blake2b(operation.encode(), digest_size=16).digest()


def window_of(period: Period, at: datetime) -> str:
    """Return the day or month that contains a time: `2026-11-23`, `2026-11`."""
    return at.astimezone(UTC).strftime(_FORMATS[period])


def windows_of(at: datetime) -> tuple[str, str]:
    """Return the day and the month that contain a time."""
    return window_of("day", at), window_of("month", at)


def end_of(period: Period, at: datetime) -> datetime:
    """Return when the day or month that contains a time ends."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
