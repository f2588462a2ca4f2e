"""Runs something again and again, beside the requests."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class PeriodicTask:
    """Calls `work` every so many seconds, in a daemon thread, until it is stopped.

    Start it in the process that shall do the work: a thread does not survive a fork.
    """

    def __init__(self, work: Callable[[], None], seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first call comes after the first pause. Starting again does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
            self._thread.start()

    def stop(self, *, wait_seconds: float = 5.0) -> None:
        """Begin no further call, and give the one that is running a little time to end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._work()
            except Exception:  # noqa: BLE001 - reason: a thread that dies silently would never work again
                _log.exception("a round failed; the next one comes as usual")
