"""Who calls, whether they may, and how often: settled before a view begins."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from flask import Flask, Response, current_app, request

from app.errors import Forbidden, Unauthorized
from app.http.rate_limits import Limit, RateLimits, count
from app.models import ANONYMOUS, Caller, Scope

Authenticate = Callable[[str, Callable[[], None]], Caller]
"""From the text of a key to who has it; raises Unauthorized or RecordsUnavailable.

Calls the other argument before a store is asked for a key that wasn't seen here before."""

SENT_IN = ("Authorization", "X-API-Key")
"""The headers that a key may come in, on which answers vary that are not for everyone."""

_AUTHENTICATE, _LIMITS = "app.authenticate", "app.limits"

_current: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)


def register(app: Flask, authenticate: Authenticate | None, limits: RateLimits) -> None:
    """Count by these limits, and ask for keys from now on.

    With `authenticate` None everyone is let in, and no key looked at.
    """
    app.extensions |= {_AUTHENTICATE: authenticate, _LIMITS: limits}
    app.teardown_request(lambda _: leave())

    @app.after_request
    def own(answer: Response) -> Response:
        # RFC 9111 keeps shared caches off answers to Authorization, but not off those to X-API-Key.
        if caller().id:
            answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer


def caller() -> Caller:
    """Return who asks, in the request being answered; ANYONE outside of one."""
    return _current.get()


def authorize(scope: Scope | None, limit: Limit | None = None) -> None:
    """Let the caller of this request in.

    Args:
        scope: what the caller wants to do; None for what everyone may.
        limit: what the request counts against; None for what may be asked at will.

    Raises:
        Unauthorized: a key is asked for, and there is no good one.
        Forbidden: the caller may not do that.
        RateLimited: the caller has asked too often, or tried too many keys.
        RecordsUnavailable: nobody can tell whether the key is good.
    """
    limits: RateLimits = current_app.extensions[_LIMITS]
    if scope is not None:
        authenticate: Authenticate | None = current_app.extensions[_AUTHENTICATE]
        if authenticate is not None:
            identify(request.environ, authenticate, limits)
        require_scope(scope)
    count(limits, limit, caller(), request.environ)


def require_scope(scope: Scope) -> None:
    """Raise Forbidden unless the caller has the scope."""
    if scope not in caller().scopes:
        raise Forbidden(f"key {caller().id} lacks the scope {scope}")


def identify(environ: dict[str, Any], authenticate: Authenticate, limits: RateLimits) -> None:
    """Find out who sent this request, for `caller` to tell until `leave`.

    Bad keys count against the default limit of the address. Once that is used up, no store is
    asked for a key that this process has never found. An address may be a whole office's or a
    proxy's: who shares it with somebody who tries keys, and was let in before, goes on as ever,
    and good keys never count against it. Only a key that is new here has to wait.

    Raises:
        Unauthorized: there is no good key.
        RateLimited: too many keys that weren't good came from this address.
        RecordsUnavailable: nobody can tell whether it is good.
    """

    def before_asking() -> None:
        count(limits, "default", ANONYMOUS, environ, add=False)

    try:
        _current.set(authenticate(_key_in(environ), before_asking))
    except Unauthorized:
        count(limits, "default", ANONYMOUS, environ)
        raise


def leave() -> None:
    """Forget who called: this thread will answer others."""
    _current.set(ANONYMOUS)


def _key_in(environ: dict[str, Any]) -> str:
    """Return the key that was sent, or a text that is none: nothing, or two that differ.

    Headers that came twice are joined by a comma, which no key has.
    """
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = credentials.strip(" ") if scheme.lower() == "bearer" else ""
    given = {bearer, environ.get("HTTP_X_API_KEY", "")} - {""}
    return given.pop() if len(given) == 1 else ""
