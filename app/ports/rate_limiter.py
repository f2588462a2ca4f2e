"""Port for rate limits."""

from typing import Protocol

from app.models import Rate, RateLimitStatus


class RateLimiter(Protocol):
    """Counts the requests of each caller in a sliding window."""

    def hit(self, rate: Rate, key: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:
        """Count a request if the rate allows it, and return the status.

        Never raises. It waits at most 100 ms for a Redis or a file that is unavailable, and 600 ms
        for MongoDB. In a burst of requests, threads wait up to a second for access to the file.

        Args:
            rate: the rate to enforce.
            key: names the caller and the limit; each key is counted separately.
            add: False to return the status without counting.
            count: how many requests to count it as: all of them, or none.
        """
