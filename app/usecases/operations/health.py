"""Check the health of the service's parts, and cache the results."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.errors import AppError
from app.models import PartHealth
from app.ports import Clock

_TTL_SECONDS = 5.0
_REPORT_SECONDS = 10.0  # longer than a check takes when a store does not respond


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """The check of one part.

    Args:
        name: the name of the part, such as `storage`.
        kind: the implementation, such as `s3`.
        ping: returns if the part responds, or raises the AppError that clients get.
        required: whether the service is not ready without the part.
        is_outdated: whether to check again, although the part responded within five seconds.
    """

    name: str
    kind: str
    ping: Callable[[], None]
    required: bool = True
    is_outdated: Callable[[], bool] = lambda: False


@dataclass
class _CachedCheck:
    check: HealthCheck
    lock: threading.Lock = field(default_factory=threading.Lock)
    starting: threading.Lock = field(default_factory=threading.Lock)
    checked_at: float = float("-inf")
    error: AppError | None = None
    running: threading.Event | None = None  # a check in a thread of its own, for reports
    overdue: bool = False  # and whether a report has waited for it in vain


class Readiness:
    """Runs each check every five seconds if needed, and in one thread at a time.

    Args:
        checks: the checks.
        clock: determines when results expire.
        report_seconds: how long a report waits for the checks; by default longer than any takes.
    """

    def __init__(
        self,
        checks: tuple[HealthCheck, ...],
        *,
        clock: Clock,
        report_seconds: float | None = None,
    ) -> None:
        self._report_seconds = _REPORT_SECONDS if report_seconds is None else report_seconds
        self._checks: Mapping[str, _CachedCheck] = {
            check.name: _CachedCheck(check) for check in checks
        }
        self._clock = clock

    def require(self, *names: str) -> None:
        """Check that all of these parts respond.

        Raises:
            AppError: the error of the first part that is down; a new instance for each call.
        """
        for name in names:
            error = self._run(self._checks[name])
            if error is not None:
                raise type(error)(error.detail)

    def report(self) -> tuple[PartHealth, ...]:
        """Return the health of each part.

        A part that does not respond within ten seconds counts as down, without further waiting
        by the next reports, until it responds.
        """
        for cached in self._checks.values():
            self._start(cached)
        return tuple(
            PartHealth(
                name=cached.check.name,
                kind=cached.check.kind,
                up=self._has_ended(cached) and cached.error is None,
                required=cached.check.required,
            )
            for cached in self._checks.values()
        )

    def _start(self, cached: _CachedCheck) -> None:
        """Run the check in a thread of its own, unless its result is valid or it is running."""
        with cached.starting:
            if cached.running is None and self._is_outdated(cached):
                cached.running, cached.overdue = threading.Event(), False
                threading.Thread(
                    target=self._finish, args=(cached, cached.running), daemon=True
                ).start()

    def _finish(self, cached: _CachedCheck, ended: threading.Event) -> None:
        try:
            self._run(cached)
        finally:
            cached.running = None
            ended.set()

    def _has_ended(self, cached: _CachedCheck) -> bool:
        running = cached.running
        if running is None:
            return True
        cached.overdue = cached.overdue or not running.wait(self._report_seconds)
        return not cached.overdue

    def _run(self, cached: _CachedCheck) -> AppError | None:
        with cached.lock:
            if self._is_outdated(cached):
                cached.error = _ping(cached.check)
                cached.checked_at = self._clock.monotonic()
            return cached.error

    def _is_outdated(self, cached: _CachedCheck) -> bool:
        expired = self._clock.monotonic() - cached.checked_at >= _TTL_SECONDS
        return expired or (cached.error is None and cached.check.is_outdated())


def _ping(check: HealthCheck) -> AppError | None:
    try:
        check.ping()
    except AppError as error:
        return error
    return None
