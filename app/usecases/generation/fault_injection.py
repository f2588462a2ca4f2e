"""Inject faults on request, to test front ends against every error.

Faults are injected only with providers that are free of charge.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

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
from app.models.image_request import MAX_CANDIDATES

HEADER = "X-Simulate"
MAX_SECONDS = 120

_SHORT = {
    "timeout": "provider_timeout",
    "429": "rate_limited",
    "moderation": "prompt_rejected",
}
# Errors of the provider while it draws, and whether they are charged for.
_WHILE_DRAWING: dict[str, tuple[type[AppError], Charged]] = {
    "provider_timeout": (ProviderTimeout, Charged.UNKNOWN),
    "provider_error": (ProviderError, Charged.UNKNOWN),
    "provider_rate_limited": (ProviderRateLimited, Charged.NO),
    "provider_quota": (ProviderQuota, Charged.NO),
    "provider_misconfigured": (ProviderMisconfigured, Charged.NO),
    "provider_unreachable": (ProviderUnreachable, Charged.NO),
}
# Errors before the provider is called; no record is written for them.
_BEFORE_DRAWING: dict[str, type[AppError]] = {
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
_RETRY_AFTER = {"rate_limited": 30, "budget_exceeded": 3600}  # seconds
_SLOW = re.compile(r"slow=(\d{1,3}(?:\.\d{1,3})?)")
_CANDIDATE = re.compile(rf"candidate=([0-{MAX_CANDIDATES - 1}])")


@dataclass(frozen=True)
class InjectedFault:
    """The fault of a request: a delay in seconds, then an error code.

    Both are optional. A candidate's number, from 0, restricts them to one of several images.
    """

    seconds: float = 0.0
    code: str = ""
    candidate: int | None = None

    def raise_before_drawing(self) -> None:
        """Wait, then raise the error if it occurs before drawing.

        Raises:
            AppError: the requested error.
        """
        if kind := _BEFORE_DRAWING.get(self.code):
            self._wait()
            raise kind("simulated", retry_after=_RETRY_AFTER.get(self.code))

    def raise_while_drawing(self, candidate: int = 0) -> None:
        """Wait, then raise the error if it is one of the provider's, and of this candidate.

        Raises:
            AppError: the requested error.
        """
        if self.candidate not in {None, candidate}:
            return
        self._wait()
        if self.code in _WHILE_DRAWING:
            kind, charged = _WHILE_DRAWING[self.code]
            raise kind("simulated", charged=charged)

    def _wait(self) -> None:
        _sleep(self.seconds)


_sleep: Callable[[float], object] = time.sleep
_NO_FAULT = InjectedFault()
_current: ContextVar[InjectedFault] = ContextVar("fault", default=_NO_FAULT)


def parse(text: str | None, *, allowed: bool) -> InjectedFault:
    """Parse a fault such as `slow=8`, `timeout`, or `slow=8,timeout`.

    An error is `timeout`, `429`, `moderation` or an error code. A comma joins it to a delay, and
    to `candidate=1` for only one of several images.

    Args:
        text: the value of the header; None if it is missing.
        allowed: whether faults may be injected, which requires a provider that is free of charge.

    Raises:
        InvalidRequest: the text is not a known fault, or faults are not allowed.
    """
    if text is None:
        return _NO_FAULT
    if not allowed:
        raise _refused(
            "Faults can't be simulated with a paid provider. Use IMAGE_PROVIDER=offline or replay."
        )
    fault = _NO_FAULT
    for word in (part.strip().lower() for part in text.split(",")):
        fault = replace(fault, **_part(word))
    if fault.seconds > MAX_SECONDS:
        raise _refused(f"The delay is too long. Use at most slow={MAX_SECONDS}.")
    if fault.candidate is not None and fault.code in _BEFORE_DRAWING:
        raise _refused("Only an error of the provider can be that of one candidate.")
    return fault


def _part(word: str) -> dict[str, Any]:
    """Return the field that a word of the header sets."""
    name = _SHORT.get(word, word)
    if slow := _SLOW.fullmatch(word):
        return {"seconds": float(slow[1])}
    if one := _CANDIDATE.fullmatch(word):
        return {"candidate": int(one[1])}
    if name in _WHILE_DRAWING or name in _BEFORE_DRAWING:
        return {"code": name}
    known = ", ".join([*_SHORT, *sorted({*_WHILE_DRAWING, *_BEFORE_DRAWING})])
    raise _refused(f"Unknown fault. Use slow=SECONDS, candidate=NUMBER, or one of {known}.")


@contextmanager
def injecting(fault: InjectedFault) -> Iterator[None]:
    """Make `current` return this fault within the block, in this thread."""
    token = _current.set(fault)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> InjectedFault:
    """Return the fault of this thread's request."""
    return _current.get()


def _refused(problem: str) -> InvalidRequest:
    return InvalidRequest(message=problem, errors=[{"field": HEADER, "message": problem}])
