"""How often a caller may ask, and how a caller stands."""

import re
from dataclasses import dataclass

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_FORM = re.compile(f"([1-9][0-9]{{0,5}})/({'|'.join(_SECONDS)})")

OFF = "off"
"""What is written for no limit at all."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in any span of so many seconds."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Read a text such as `10/minute`; `off` is no limit, None.

        Raises:
            ValueError: it has another form.
        """
        if text == OFF:
            return None
        found = _FORM.fullmatch(text)
        if not found:
            raise ValueError("must be like 10/minute (second, minute, hour or day), or off")
        return cls(int(found[1]), _SECONDS[found[2]])


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """How a caller stands against a rate.

    Attributes:
        allowed: whether the request is let in; only then has it been counted, if it was to be.
        remaining: how many more would be let in now.
        reset: seconds, above 0, until the next one is let in or counted no more.
    """

    allowed: bool
    remaining: int
    reset: float
