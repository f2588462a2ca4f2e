"""Faults on demand, so that a front end can be tried against every error, for nothing."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app.errors import (
    AppError,
    BudgetExceeded,
    Charged,
    GenerationInProgress,
    InvalidRequest,
    OutcomeUnknown,
    PromptRejected,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
    RateLimited,
    RecordsUnavailable,
    ServiceBusy,
    ShuttingDown,
    StorageUnavailable,
)

HEADER = "X-Simulate"
MAX_SECONDS = 120

_SHORT = {
    "timeout": "provider_timeout",
    "429": "rate_limited",
    "moderation": "prompt_rejected",
}
# What a provider fails with once it is asked to draw, and what it costs then.
_WHILE_DRAWING: dict[str, tuple[type[AppError], Charged]] = {
    "provider_timeout": (ProviderTimeout, Charged.UNKNOWN),
    "provider_error": (ProviderError, Charged.UNKNOWN),
    "provider_rate_limited": (ProviderRateLimited, Charged.NO),
    "provider_quota": (ProviderQuota, Charged.NO),
    "provider_misconfigured": (ProviderMisconfigured, Charged.NO),
    "provider_unreachable": (ProviderUnreachable, Charged.NO),
}
# What fails before anybody is asked; no row is written then.
_BEFORE: dict[str, type[AppError]] = {
    kind.code: kind
    for kind in (
        BudgetExceeded,
        GenerationInProgress,
        OutcomeUnknown,
        PromptRejected,
        RateLimited,
        RecordsUnavailable,
        ServiceBusy,
        ShuttingDown,
        StorageUnavailable,
        AppError,
    )
}
_WAITS = {"rate_limited": 30, "budget_exceeded": 3600}  # seconds until the next try
_SLOW = re.compile(r"slow=(\d{1,3}(?:\.\d{1,3})?)")


@dataclass(frozen=True)
class InjectedFault:
    """What is to happen to one request: it is slow for so many seconds, then fails with a code."""

    seconds: float = 0.0
    code: str = ""

    def before(self) -> None:
        """Fail as what comes before drawing does.

        Raises:
            AppError: the fault that was asked for.
        """
        if kind := _BEFORE.get(self.code):
            self._wait()
            raise kind("simulated", retry_after=_WAITS.get(self.code))

    def drawing(self) -> None:
        """Take long, and fail as a provider does.

        Raises:
            AppError: the fault that was asked for.
        """
        self._wait()
        if self.code in _WHILE_DRAWING:
            kind, charged = _WHILE_DRAWING[self.code]
            raise kind("simulated", charged=charged)

    def _wait(self) -> None:
        _sleep(self.seconds)


_sleep: Callable[[float], object] = time.sleep
_NOTHING = InjectedFault()
_current: ContextVar[InjectedFault] = ContextVar("simulation", default=_NOTHING)


def parse(text: str | None, *, allowed: bool) -> InjectedFault:
    """Read `slow=8`, `timeout`, `429`, `moderation` or an error's code; two by a comma.

    Args:
        text: the header; None if there is none.
        allowed: whether nobody can be paid by this server.

    Raises:
        InvalidRequest: it is none of them, or a paid provider is on.
    """
    if text is None:
        return _NOTHING
    if not allowed:
        raise _refused("Faults are simulated offline and in replays only, never for money.")
    seconds, code = 0.0, ""
    for word in (part.strip().lower() for part in text.split(",")):
        name = _SHORT.get(word, word)
        if slow := _SLOW.fullmatch(word):
            seconds = float(slow[1])
        elif name in _WHILE_DRAWING or name in _BEFORE:
            code = name
        else:
            known = ", ".join([*_SHORT, *sorted({*_WHILE_DRAWING, *_BEFORE})])
            raise _refused(f"Give slow=SECONDS, or one of {known}.")
    if seconds > MAX_SECONDS:
        raise _refused(f"slow may be up to {MAX_SECONDS} seconds.")
    return InjectedFault(seconds, code)


@contextmanager
def simulating(simulation: InjectedFault) -> Iterator[None]:
    """Let `current` return this until the block ends, in this thread."""
    token = _current.set(simulation)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> InjectedFault:
    """Return what is to happen to the request that this thread is at."""
    return _current.get()


def _refused(problem: str) -> InvalidRequest:
    return InvalidRequest(message=problem, errors=[{"field": HEADER, "message": problem}])
