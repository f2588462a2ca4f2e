"""What counts requests."""

from typing import Protocol

from app.models import Rate, Standing


class RateLimiter(Protocol):
    """Counts the requests of each caller in a moving window."""

    def hit(self, rate: Rate, who: str, /) -> Standing:
        """Count a request of `who`, unless the rate is used up.

        `who` names the caller and what is limited; each such text is counted by itself.
        Never fails, and takes less than 100 ms, whichever part is down.
        """
