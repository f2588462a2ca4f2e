"""Compares this machine's clock with the time that another server tells in an answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.models import Finding
from app.services.diagnostics.findings import About

_ABOUT = About("clock")
_NOTICEABLE = timedelta(seconds=5)
_DANGEROUS = timedelta(minutes=5)  # S3 refuses signatures that are 15 minutes off
_WHOLE_SECOND = timedelta(seconds=1)  # finer than that a Date header does not tell
_ADVICE = "let this machine set its clock over the network (NTP)"

Now = Callable[[], datetime]


def no_server() -> Finding:
    """Say that no part in use is asked for the time."""
    return _ABOUT.not_used("skew", "no other server's time matters to this set-up")


def compare(date_header: str | None, *, asked: datetime, answered: datetime) -> Finding:
    """Judge the clock by an answer's Date header; `asked` and `answered` are this clock's times."""
    reported = _parsed(date_header)
    if reported is None:
        return _ABOUT.not_used("skew", "no answer that tells the time")
    ahead = asked - reported - _WHOLE_SECOND  # at least so far, if positive
    behind = reported - answered
    skew = max(ahead, behind, timedelta())
    if skew <= _NOTICEABLE:
        return _ABOUT.ok("skew", "this machine's clock is right, within 5 s")
    found = f"this machine's clock is {skew.total_seconds():.0f} s "
    found += "fast" if ahead > behind else "slow"
    if skew <= _DANGEROUS:
        return _ABOUT.warning("skew", found, _ADVICE)
    return _ABOUT.failed("skew", found + "; from 15 minutes on, S3 refuses all requests", _ADVICE)


def _parsed(date_header: str | None) -> datetime | None:
    try:
        reported = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return reported if reported.tzinfo else reported.replace(tzinfo=UTC)
