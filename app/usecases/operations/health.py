"""Check the health of the service's parts, and cache the results."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.errors import AppError
from app.models import PartHealth
from app.ports import Clock

_TTL_SECONDS = 5.0


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
    checked_at: float = float("-inf")
    error: AppError | None = None


class Readiness:
    """Runs each check every five seconds if needed, and in one thread at a time."""

    def __init__(self, checks: tuple[HealthCheck, ...], *, clock: Clock) -> None:
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
        """Return the health of each part."""
        return tuple(
            PartHealth(
                name=cached.check.name,
                kind=cached.check.kind,
                up=self._run(cached) is None,
                required=cached.check.required,
            )
            for cached in self._checks.values()
        )

    def _run(self, cached: _CachedCheck) -> AppError | None:
        with cached.lock:
            expired = self._clock.monotonic() - cached.checked_at >= _TTL_SECONDS
            if expired or (cached.error is None and cached.check.is_outdated()):
                cached.error = _ping(cached.check)
                cached.checked_at = self._clock.monotonic()
            return cached.error


def _ping(check: HealthCheck) -> AppError | None:
    try:
        check.ping()
    except AppError as error:
        return error
    return None
