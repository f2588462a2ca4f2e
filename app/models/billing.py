"""What calls of models use and cost. Money is whole millionths of a US dollar: "micros"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models.callers import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """How many tokens a call of a model took in and gave out, by what is paid for them."""

    text_in: int = 0
    image_in: int = 0
    image_out: int = 0
    text_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancedPrompt:
    """A prompt made richer, and what that used; None if the model doesn't tell."""

    prompt: str
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedPrompts:
    """Prompts, and what inventing them used; None if the model doesn't tell."""

    prompts: list[str]
    usage: TokenUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """A request to a model, as it is sent: `path` is below the provider's base address."""

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """What a generation would send, and cost at most; None if nobody knows."""

    estimate_micros: int | None
    requests: tuple[UpstreamRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What an account has spent in a day or a month, money that is held for images included."""

    micros: int = 0
    images: int = 0
    images_of_unknown_cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget, what is spent of it, and when it begins anew."""

    budget: Budget
    spent_micros: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What an account spent, by day (`2026-11-23`, UTC), and how its budget stands."""

    days: Mapping[str, Spending]
    budget: BudgetState | None
