"""The days and months in which spending is counted, all in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Literal

Period = Literal["day", "month"]
_FORMS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


def window_of(period: Period, at: datetime) -> str:
    """Name the day or month of a time, as `2026-11-23` or `2026-11`."""
    return at.astimezone(UTC).strftime(_FORMS[period])


def windows_of(at: datetime) -> tuple[str, str]:
    """Name the day and the month of a time."""
    return window_of("day", at), window_of("month", at)


def end_of(period: Period, at: datetime) -> datetime:
    """Return when the day or month of a time is over."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
