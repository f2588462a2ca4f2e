"""Who calls, whether they may, and how often: settled before a view begins."""

from contextvars import ContextVar

from app.errors import Forbidden
from app.models import ANYONE, Caller, Scope

_current: ContextVar[Caller] = ContextVar("caller", default=ANYONE)


def caller() -> Caller:
    """Return who asks, in the request being answered; ANYONE outside of one."""
    return _current.get()


def admit(scope: Scope | None) -> None:
    """Let the caller of this request in.

    Args:
        scope: what the caller wants to do; None for what everyone may.

    Raises:
        Forbidden: the caller may not do that.
    """
    if scope is not None and scope not in caller().scopes:
        raise Forbidden(f"needs the scope {scope}")
