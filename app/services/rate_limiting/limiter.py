"""Counts requests where all who serve can see it: the first place that answers."""

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
    """The place where requests are counted does not answer; the text may be logged."""


class RateLimitBackend(Protocol):
    """A place where requests are counted."""

    def hit(self, rate: Rate, who: str, /, *, add: bool = True) -> RateLimitStatus:
        """Count a request, unless the rate is used up; without `add` only look.

        Raises:
            BackendUnavailable: it can't be done now.
        """

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""


class SharedRateLimiter:
    """Counts in the first of its windows that answers; the last one always does.

    A window that failed is left alone for five seconds; that is logged once a minute. What was
    counted in one window isn't known to the next, so a change lets a caller have its rate again.
    """

    def __init__(
        self,
        windows: Sequence[RateLimitBackend],
        last: RateLimitBackend,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._windows = tuple(windows)
        self._last = last
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rest_until = [float("-inf")] * len(self._windows)
        self._logged_at = float("-inf")

    def hit(self, rate: Rate, who: str, *, add: bool = True) -> RateLimitStatus:
        """Count a request of `who`, unless the rate is used up; without `add` only look."""
        for place, window in enumerate(self._windows):
            if self._monotonic() < self._rest_until[place]:
                continue
            try:
                return window.hit(rate, who, add=add)
            except BackendUnavailable as error:
                self._note_failure(place, str(error))
        return self._last.hit(rate, who, add=add)

    def close(self) -> None:
        """Let go of all connections."""
        for window in (*self._windows, self._last):
            window.close()

    def _note_failure(self, place: int, reason: str) -> None:
        now = self._monotonic()
        with self._lock:
            self._rest_until[place] = now + _REST_SECONDS
            if now - self._logged_at < _LOG_EVERY_SECONDS:
                return
            self._logged_at = now
        _log.warning("rate limits are counted elsewhere for a while: %s", reason)
