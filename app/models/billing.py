"""Usage and cost of model calls, and the periods in which spending is counted.

Money is in whole micros, millionths of a US dollar. Days and months are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from app.models.callers import Budget

Period = Literal["day", "month"]
_FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of a model call, by how they are priced."""

    text_in: int = 0
    image_in: int = 0
    image_out: int = 0
    text_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancedPrompt:
    """An enhanced prompt, and the usage of the call; None if the model does not report it."""

    prompt: str
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedPrompts:
    """Invented prompts, and the usage of the call; None if the model does not report it."""

    prompts: list[str]
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """A request to a model, as it is sent; `path` is below the provider's base URL."""

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """The requests that a generation would send, and its maximum cost; None if unknown."""

    estimate_micros: int | None
    requests: tuple[UpstreamRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Spending of an account in a day or a month, including money reserved for images."""

    micros: int = 0
    images: int = 0
    images_of_unknown_cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget, what is spent of it, and when its next period begins."""

    budget: Budget
    spent_micros: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """The spending of an account by day (such as `2026-11-23`), and the state of its budget."""

    days: Mapping[str, Spending]
    budget: BudgetState | None


def window_of(period: Period, at: datetime) -> str:
    """Return the name of the day or month of a time, as `2026-11-23` or `2026-11`."""
    return at.astimezone(UTC).strftime(_FORMATS[period])


def windows_of(at: datetime) -> tuple[str, str]:
    """Return the names of the day and the month of a time."""
    return window_of("day", at), window_of("month", at)


def end_of(period: Period, at: datetime) -> datetime:
    """Return when the day or month of a time ends."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
