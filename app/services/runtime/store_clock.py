"""The clock of the records, which all servers of a database share."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from app.errors import AppError
from app.ports import Clock

_READ_SECONDS = 30.0
_RETRY_SECONDS = 1.0
_MAX_JUMP = timedelta(minutes=1)
_MAX_SKEW = timedelta(minutes=5)
_HELD_SECONDS = 3600.0  # a jump that lasts as long is the right time

_log = logging.getLogger(__name__)


class StoreClock:
    """Reads the store's time now and then, and counts the seconds in between.

    The wall clock of this machine therefore has no effect, except that of a store which has no
    other. A time that jumps is not believed for an hour: the clock goes on as before.

    Args:
        read: returns the store's time; it may raise RecordsUnavailable.
        machine: the clock of this machine.
        steady_after: the seconds after the start in which the clock is not called steady.
    """

    def __init__(
        self, read: Callable[[], datetime], machine: Clock, *, steady_after: float = 0.0
    ) -> None:
        self._read = read
        self._machine = machine
        self._steady_after = steady_after
        self._lock = threading.Lock()
        self._time: datetime | None = None
        self._at = self._next_read = float("-inf")  # by the monotonic clock
        self._held_since: float | None = None
        self._steady_since = machine.monotonic()
        self._is_skewed = False

    def now(self) -> datetime:
        """See Clock.

        Raises:
            RecordsUnavailable: the store's time was never read, and can't be now.
        """
        with self._lock:
            if self._time is None or self.monotonic() >= self._next_read:
                self._synchronize()
            now = self._expected(self.monotonic())
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """See Clock."""
        return self._machine.monotonic()

    def is_steady(self) -> bool:
        """Return whether records may be forgotten by this clock.

        They may not for an hour after a jump, nor while the machine's clock disagrees.
        """
        self.now()
        is_old = self.monotonic() - self._steady_since >= self._steady_after
        return is_old and self._held_since is None and not self._is_skewed

    def _expected(self, at: float) -> datetime:
        if self._time is None:
            raise AppError("the clock was never read")
        return self._time + timedelta(seconds=at - self._at)

    def _synchronize(self) -> None:
        asked = self.monotonic()
        self._next_read = asked + _RETRY_SECONDS
        try:
            found = self._read()
        except AppError:
            if self._time is None:
                raise
            return
        at = (asked + self.monotonic()) / 2
        self._next_read = at + _READ_SECONDS
        self._time, self._at = self._believed(found, at), at
        self._note_skew(found)

    def _believed(self, found: datetime, at: float) -> datetime:
        """Return the time that was read, or the expected one if it has jumped."""
        if self._time is None:
            return found
        expected = self._expected(at)
        if abs(found - expected) <= _MAX_JUMP:
            self._held_since = None
            return found
        if self._held_since is None:
            self._held_since = self._steady_since = at
            seconds = (found - expected).total_seconds()
            _log.warning("the clock of the records jumped by %.0f s; it is not believed", seconds)
        if at - self._held_since < _HELD_SECONDS:
            return expected
        self._held_since, self._steady_since = None, at
        return found

    def _note_skew(self, found: datetime) -> None:
        skew = self._machine.now() - found
        is_skewed = abs(skew) > _MAX_SKEW
        if is_skewed and not self._is_skewed:
            seconds = skew.total_seconds()
            _log.warning("this machine's clock is %.0f s ahead of that of the records", seconds)
        self._is_skewed = is_skewed
