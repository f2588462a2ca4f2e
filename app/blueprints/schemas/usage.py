"""What goes over the wire about money spent."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.blueprints.schemas.images import Success

MAX_USAGE_DAYS = 366
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _iso_day(value: str) -> date:
    """Read a day; Pydantic by itself would take a number for seconds since 1970."""
    if not _DAY.fullmatch(value):
        raise ValueError("Has to be like 2026-11-22.")
    return date.fromisoformat(value)


Day = Annotated[
    date, PlainValidator(_iso_day), WithJsonSchema({"type": "string", "format": "date"})
]


class UsageQuery(BaseModel):
    """Which days."""

    model_config = ConfigDict(extra="forbid")

    from_: Day | None = Field(
        None, alias="from", description="First day (UTC); default: 29 days before the last."
    )
    to: Day | None = Field(None, description="Last day (UTC); default: today.")


class BudgetResponse(BaseModel):
    """A budget, and what is left of it."""

    limit_usd: float
    period: Literal["day", "month"]
    spent_usd: float
    remaining_usd: float
    resets_at: datetime


class DayUsageResponse(BaseModel):
    """What was spent in a day (UTC)."""

    date: date
    cost_usd: float
    images: int
    images_of_unknown_cost: int


class UsageResponse(Success):
    """What was spent; days without anything are left out."""

    account: str | None = Field(description="The key's name; null for the whole server.")
    budget: BudgetResponse | None
    days: list[DayUsageResponse]
    cost_usd: float
