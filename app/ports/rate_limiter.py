"""The port to rate limits."""

from typing import Protocol

from app.models import Rate, RateLimitStatus


class RateLimiter(Protocol):
    """Counts the requests of each caller in a moving window."""

    def hit(self, rate: Rate, key: str, /, *, add: bool = True) -> RateLimitStatus:
        """Count a request, unless the rate is used up; without `add`, only return the status.

        `key` names the caller and what is limited; each key is counted separately. Never fails,
        and waits at most 100 ms for Redis or a file that is down, and 600 ms for MongoDB. In a
        burst of requests, threads wait for each other's use of the file, for a second at most.
        """
