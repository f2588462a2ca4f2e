"""The images that a shared cache must not serve, whatever it still contains."""

import threading
from datetime import timedelta

from app.errors import AppError
from app.ports import Clock, ImageRecords

_REFRESH_SECONDS = 5.0
_MAX_AGE_SECONDS = 10.0
_RELOAD_SECONDS = 3600.0
_LIFETIME = timedelta(hours=24)  # longer than a shared cache keeps an image
_OVERLAP = timedelta(minutes=10)  # a removal is written later than its time


class RecentRemovals:
    """Remembers which images were deleted or replaced within a day, according to the records.

    A shared cache may miss a removal because it was away, and its server may return with older
    data. The records don't: an image is marked there before anything is removed. They are read
    when a cached image is about to be used, and at most once in five seconds per process.

    Args:
        records: contain the removals.
        clock: the clock of the records.
    """

    def __init__(self, records: ImageRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._reading = threading.Lock()
        self._ids: frozenset[str] = frozenset()
        self._tried_at = self._read_at = self._loaded_at = float("-inf")  # by the monotonic clock

    def __call__(self, image_id: str) -> bool:
        """Return whether the image was removed lately, or that is unknown.

        It is unknown while the records were unavailable for ten seconds, or another thread reads
        them for the first time.
        """
        if self._since(self._tried_at) >= _REFRESH_SECONDS and self._reading.acquire(
            blocking=False
        ):
            try:
                self._read()
            finally:
                self._reading.release()
        return self._since(self._read_at) >= _MAX_AGE_SECONDS or image_id in self._ids

    def _since(self, time: float) -> float:
        return self._clock.monotonic() - time

    def _read(self) -> None:
        began = self._tried_at = self._clock.monotonic()
        reload = began - self._loaded_at >= _RELOAD_SECONDS
        # Counted from now, because the wall clock may have jumped.
        period = _LIFETIME if reload else timedelta(seconds=began - self._read_at) + _OVERLAP
        try:
            removed = self._records.removals(self._clock.now() - period)
        except AppError:
            return  # the records are unavailable
        self._ids = frozenset(removed) if reload else self._ids.union(removed)
        self._read_at = began
        self._loaded_at = began if reload else self._loaded_at
