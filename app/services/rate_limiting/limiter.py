"""The RateLimiter port: counts in the first backend that responds."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from app.models import Rate, RateLimitStatus

_REST_SECONDS = 5.0
_LOG_EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


class BackendUnavailable(Exception):
    """A backend can't count now; the text may be logged."""


class RateLimitBackend(Protocol):
    """A place where requests are counted."""

    def hit(self, rate: Rate, key: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:
        """Count a request unless the rate is used up; or only look.

        Args:
            rate: the limit.
            key: identifies the caller and what is limited.
            add: whether to count the request; if not, only the status is returned.
            count: how many requests to count it as: all of them, or none.

        Raises:
            BackendUnavailable: the backend can't count now.
        """

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""


class SharedRateLimiter:
    """Counts requests in the first backend that responds.

    A failed backend is skipped for five seconds; failures are logged once a minute. Backends do not
    share their counts, so a caller can use its rate again after a switch.

    Args:
        backends: the backends, in order of preference.
        last: used when all others fail; never fails itself.
        monotonic: returns the seconds of a monotonic clock.
    """

    def __init__(
        self,
        backends: Sequence[RateLimitBackend],
        last: RateLimitBackend,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backends = tuple(backends)
        self._last = last
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._skip_until = [float("-inf")] * len(self._backends)
        self._logged_at = float("-inf")

    def hit(self, rate: Rate, key: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:
        """See RateLimiter."""
        for index, backend in enumerate(self._backends):
            if self._monotonic() < self._skip_until[index]:
                continue
            try:
                return backend.hit(rate, key, add=add, count=count)
            except BackendUnavailable as error:
                self._note_failure(index, str(error))
        return self._last.hit(rate, key, add=add, count=count)

    def close(self) -> None:
        """Close the connections of all backends."""
        for backend in (*self._backends, self._last):
            backend.close()

    def _note_failure(self, index: int, reason: str) -> None:
        now = self._monotonic()
        with self._lock:
            self._skip_until[index] = now + _REST_SECONDS
            if now - self._logged_at < _LOG_EVERY_SECONDS:
                return
            self._logged_at = now
        _log.warning("rate limit backend is down (%s): requests are counted elsewhere", reason)
