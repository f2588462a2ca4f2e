"""What counts requests."""

from typing import Protocol

from app.models import Rate, RateLimitStatus


class RateLimiter(Protocol):
    """Counts the requests of each caller in a moving window."""

    def hit(self, rate: Rate, who: str, /, *, add: bool = True) -> RateLimitStatus:
        """Count a request of `who`, unless the rate is used up; without `add` only look.

        `who` names the caller and what is limited; each such text is counted by itself.
        Never fails, and waits less than 100 ms for a part that is down: Redis, or the file. In a
        burst of requests the file's threads wait for each other, for a second at most.
        """
