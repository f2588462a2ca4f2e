"""Rate limits, and a caller's status against them."""

import re
from dataclasses import dataclass

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_FORM = re.compile(rf"([1-9][0-9]{{0,5}})\s*/\s*({'|'.join(_SECONDS)})")

OFF = "off"
"""The value that means no limit."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The number of requests allowed in any span of `seconds` seconds."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Parse a rate such as `10/minute`, in any case; return None for `off`.

        Raises:
            ValueError: the string is neither a rate nor `off`.
        """
        if text.lower() == OFF:
            return None
        match = _FORM.fullmatch(text.lower())
        if not match:
            raise ValueError(
                "must be like 10/minute (second, minute, hour or day) with a number from 1 to "
                "999999, or off"
            )
        return cls(int(match[1]), _SECONDS[match[2]])


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """A caller's status against a rate.

    Attributes:
        allowed: whether the request is allowed; only then has it been counted.
        remaining: how many more requests would be allowed now.
        reset: seconds (above 0) until the next request is allowed, or, if one is allowed now,
            until the count goes down.
    """

    allowed: bool
    remaining: int
    reset: float
