"""Tells whether the parts answer, without asking them again and again."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.errors import AppError
from app.models import PartHealth
from app.ports import Clock

_FRESH_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part to watch; `ping` returns, or raises the AppError that callers shall see."""

    name: str
    kind: str
    ping: Callable[[], None]
    required: bool = True


@dataclass
class _Watched:
    part: Part
    lock: threading.Lock = field(default_factory=threading.Lock)
    checked_at: float = float("-inf")
    error: AppError | None = None


class Readiness:
    """Asks each part at most every five seconds, and one caller at a time."""

    def __init__(self, parts: tuple[Part, ...], *, clock: Clock) -> None:
        self._watched: Mapping[str, _Watched] = {part.name: _Watched(part) for part in parts}
        self._clock = clock

    def require(self, *names: str) -> None:
        """Return if these parts answer.

        Raises:
            AppError: the first one's trouble.
        """
        for name in names:
            error = self._check(self._watched[name])
            if error is not None:
                raise type(error)(error.detail)

    def report(self) -> tuple[PartHealth, ...]:
        """Return how each part is."""
        return tuple(
            PartHealth(
                name=watched.part.name,
                kind=watched.part.kind,
                up=self._check(watched) is None,
                required=watched.part.required,
            )
            for watched in self._watched.values()
        )

    def _check(self, watched: _Watched) -> AppError | None:
        with watched.lock:
            if self._clock.monotonic() - watched.checked_at >= _FRESH_SECONDS:
                watched.error = _trouble(watched.part)
                watched.checked_at = self._clock.monotonic()
            return watched.error


def _trouble(part: Part) -> AppError | None:
    try:
        part.ping()
    except AppError as error:
        return error
    return None
