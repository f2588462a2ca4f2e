"""Periodic calls of a function in a background thread."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class PeriodicTask:
    """Daemon thread that calls a function periodically until it is stopped.

    Start it in the process that should run it: threads don't survive a fork.

    Args:
        function: the function, called without arguments. Its errors are logged.
        interval_seconds: the pause before each call, including the first one.
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
        """Stop, and wait for a running call for at most `timeout_seconds`."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            try:
                self._function()
            except Exception:  # noqa: BLE001 - reason: no error of the function may end the thread
                _log.exception("periodic task failed; the next call follows as scheduled")
