"""Calls to a service that may not respond, without letting all threads wait for it."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from app.errors import AppError

T = TypeVar("T")

SLOW_SECONDS = 1.0
"""A call that fails after less time costs too little to be avoided."""
REST_SECONDS = 5.0

_log = logging.getLogger(__name__)


class ReadGuard:
    """Bounds how many threads call a service, and opens a breaker when it does not respond.

    After a call that failed slowly, further calls fail immediately; one in five seconds tries
    again. Any call that succeeds closes the breaker.

    Args:
        name: the service's name in the log.
        places: bound the concurrent calls.
        unavailable: the error of calls that fail, and of those that are not made.
        monotonic: returns the seconds of a monotonic clock.
    """

    def __init__(
        self,
        name: str,
        *,
        places: AbstractContextManager[object],
        unavailable: type[AppError],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._places = places
        self._unavailable = unavailable
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rest_until: float | None = None  # None while the service responds

    def __call__(self, work: Callable[[], T]) -> T:
        """Return the result of `work`.

        Raises:
            AppError: no place is free, or the service does not respond.
        """
        self._check()
        with self._places:
            began = self._monotonic()
            try:
                result = work()
            except self._unavailable:
                if self._monotonic() - began >= SLOW_SECONDS:
                    self._open()
                raise
            except AppError:  # such as that an image does not exist
                self._close()
                raise
        self._close()
        return result

    def _check(self) -> None:
        if self._rest_until is None:
            return
        with self._lock:
            now = self._monotonic()
            if self._rest_until is not None and now < self._rest_until:
                raise self._unavailable(f"{self._name} did not respond to an earlier call")
            self._rest_until = now + REST_SECONDS  # this thread tries

    def _open(self) -> None:
        with self._lock:
            was_closed = self._rest_until is None
            self._rest_until = self._monotonic() + REST_SECONDS
        if was_closed:
            _log.warning("%s does not respond: reads fail immediately until it does", self._name)

    def _close(self) -> None:
        if self._rest_until is not None:
            with self._lock:
                self._rest_until = None
