"""Repeat a function in a background thread of a worker."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class PeriodicTask:
    """Daemon thread that calls a function at a fixed interval.

    Start it in the process that is to run it: threads do not survive a fork.

    Args:
        function: is called without arguments; what it raises is logged.
        interval_seconds: the pause before each call, the first one included.
    """

    def __init__(self, function: Callable[[], object], interval_seconds: float) -> None:
        self._function = function
        self._interval_seconds = interval_seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; starting again does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="periodic", daemon=True)
            self._thread.start()

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """Make no further call, and wait for a running one to end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            try:
                self._function()
            except Exception:  # noqa: BLE001 - reason: the thread must survive whatever its function raises
                _log.exception("periodic task failed; the next call follows as scheduled")
