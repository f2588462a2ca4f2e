"""The last check before a paid request is sent, by the thread that sends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class PaidCall(Protocol):
    """Decides whether a request may still be sent.

    Time may pass between the decision to pay and the first byte: a slow connection, or a process
    that was stopped. Both methods raise the AppError of the request if it may not be sent.
    """

    def begin(self) -> None:
        """Check when there is a connection, before the first byte is sent."""

    def check(self) -> None:
        """Check before the body is sent; a request without its body is not charged."""


_current: ContextVar[PaidCall | None] = ContextVar("paid_call", default=None)


@contextmanager
def checking(call: PaidCall) -> Iterator[None]:
    """Check each request to the image model that this thread sends in the block."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> PaidCall | None:
    """Return the paid call of this thread, if there is one."""
    return _current.get()
