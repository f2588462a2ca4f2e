"""Compare this machine's clock with another server's Date header."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.models import Finding
from app.services.diagnostics.findings import FindingBuilder

_CLOCK = FindingBuilder("clock")
_WARNING_AFTER = timedelta(seconds=5)
_FAILED_AFTER = timedelta(minutes=5)  # S3 refuses signatures that are 15 minutes off
_RESOLUTION = timedelta(seconds=1)  # of a Date header
_ADVICE = "synchronize this machine's clock (NTP)"

Now = Callable[[], datetime]


def not_needed() -> Finding:
    """Report that no server in use checks the time."""
    return _CLOCK.not_used("skew", "no server in use checks the time")


def compare(date_header: str | None, *, sent: datetime, received: datetime) -> Finding:
    """Compare the clock with a response's Date header.

    Args:
        date_header: the header's value; None if it is missing.
        sent: when the request was sent, by this machine's clock.
        received: when the response was received, by this machine's clock.
    """
    date = _parse(date_header)
    if date is None:
        return _CLOCK.not_used("skew", "no response with a Date header")
    ahead = sent - date - _RESOLUTION  # at least; the response was made after the request
    behind = date - received
    skew = max(ahead, behind, timedelta())
    if skew <= _WARNING_AFTER:
        return _CLOCK.ok("skew", "this machine's clock is accurate to within 5 s")
    found = f"this machine's clock is {skew.total_seconds():.0f} s "
    found += "fast" if ahead > behind else "slow"
    if skew <= _FAILED_AFTER:
        return _CLOCK.warning("skew", found, _ADVICE)
    return _CLOCK.failed("skew", f"{found}; at 15 minutes, S3 refuses all requests", _ADVICE)


def _parse(date_header: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
