"""Schemas of requests and responses about usage."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.blueprints.schemas.images import Success

MAX_USAGE_DAYS = 366
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _parse_day(value: object) -> date:
    """Parse a date; Pydantic would also accept numbers, as seconds since 1970."""
    if not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("Must be a date such as 2026-11-22.")
    return date.fromisoformat(value)


Day = Annotated[
    date, PlainValidator(_parse_day), WithJsonSchema({"type": "string", "format": "date"})
]


class UsageQuery(BaseModel):
    """Selects a range of days."""

    model_config = ConfigDict(extra="forbid")

    from_: Day | None = Field(
        None, alias="from", description="First day (UTC); default: 29 days before the last."
    )
    to: Day | None = Field(None, description="Last day (UTC); default: today.")


class BudgetResponse(BaseModel):
    """A budget and its remaining amount."""

    limit_usd: float
    period: Literal["day", "month"]
    spent_usd: float
    remaining_usd: float
    resets_at: datetime


class DayUsageResponse(BaseModel):
    """Usage of a day (UTC)."""

    date: date
    cost_usd: float
    images: int
    images_of_unknown_cost: int


class UsageResponse(Success):
    """Usage by day; days without usage are omitted."""

    account: str | None = Field(description="Name of the API key; null for the whole server.")
    budget: BudgetResponse | None
    days: list[DayUsageResponse]
    cost_usd: float
