"""Authentication, scopes and rate limits, checked before a view runs."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from flask import Flask, Response, current_app, request

from app.errors import Forbidden, Unauthorized
from app.http.rate_limits import LimitName, RateLimits, count_further, enforce_limit
from app.models import ANONYMOUS, Caller, Scope

Authenticate = Callable[[str, Callable[[], None]], Caller]
"""Returns the caller of an API key; raises Unauthorized or RecordsUnavailable.

The second argument is called before the store is queried for a key unknown to this process."""

CREDENTIAL_HEADERS = ("Authorization", "X-API-Key")
"""The headers that can carry an API key. Private responses vary on them."""

_AUTHENTICATE, _LIMITS = "app.authenticate", "app.limits"

_current: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)


def register(app: Flask, authenticate: Authenticate | None, limits: RateLimits) -> None:
    """Set up authentication and rate limits for the app.

    If `authenticate` is None, all requests are anonymous and API keys are ignored.
    """
    app.extensions |= {_AUTHENTICATE: authenticate, _LIMITS: limits}
    app.teardown_request(lambda _: clear_caller())

    @app.after_request
    def mark_private(response: Response) -> Response:
        # By RFC 9111 shared caches don't store responses to Authorization, but X-API-Key is
        # unknown to them.
        if caller().id:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def caller() -> Caller:
    """Return the current request's caller, or ANONYMOUS."""
    return _current.get()


def authorize(scope: Scope | None, limit: LimitName | None = None) -> None:
    """Authenticate, authorize and rate-limit the request.

    Args:
        scope: the scope that the caller needs; None if the endpoint is public.
        limit: the limit that the request counts against; None if it is not limited.

    Raises:
        Unauthorized: an API key is required, and the request has no valid one.
        Forbidden: the API key lacks the scope.
        RateLimited: the caller's rate limit or the address's limit for invalid keys is exceeded.
        RecordsUnavailable: the API key can't be checked.
    """
    limits: RateLimits = current_app.extensions[_LIMITS]
    if scope is not None:
        authenticate: Authenticate | None = current_app.extensions[_AUTHENTICATE]
        if authenticate is not None:
            authenticate_request(request.environ, authenticate, limits)
        require_scope(scope)
    enforce_limit(limits, limit, caller(), request.environ)


def count_images(limit: LimitName | None, images: int) -> None:
    """Count an authorized request once for each image that it asks for.

    Raises:
        InvalidRequest: the caller's rate never allows that many.
        RateLimited: it does not allow them now; the request was counted once.
    """
    limits: RateLimits = current_app.extensions[_LIMITS]
    count_further(limits, limit, caller(), request.environ, images - 1)


def require_scope(scope: Scope) -> None:
    """Raise Forbidden unless the caller has the scope."""
    if scope not in caller().scopes:
        raise Forbidden(f"key {caller().id} lacks the scope {scope}")


def authenticate_request(
    environ: dict[str, Any], authenticate: Authenticate, limits: RateLimits
) -> None:
    """Set the current caller from the request's API key.

    Invalid keys count against the default limit of the client's address. Once that is used up, the
    store is not queried for keys unknown to this process. Many clients can share an address, such
    as an office's or a proxy's, so valid keys never count against its limit and known ones
    continue to work. Only a valid key that is new to this process has to wait.

    Raises:
        Unauthorized: there is no valid API key.
        RateLimited: too many invalid API keys were sent from this address.
        RecordsUnavailable: the API key can't be checked.
    """

    def check_limit() -> None:
        enforce_limit(limits, "default", ANONYMOUS, environ, add=False)

    try:
        _current.set(authenticate(api_key(environ), check_limit))
    except Unauthorized:
        enforce_limit(limits, "default", ANONYMOUS, environ)
        raise


def clear_caller() -> None:
    """Reset the current caller to ANONYMOUS before the thread's next request."""
    _current.set(ANONYMOUS)


def api_key(environ: dict[str, Any]) -> str:
    """Return the request's API key; "" if there is none, or if two differ.

    WSGI joins repeated headers with a comma, which no key contains.
    """
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = credentials.strip(" ") if scheme.lower() == "bearer" else ""
    keys = {bearer, environ.get("HTTP_X_API_KEY", "")} - {""}
    return keys.pop() if len(keys) == 1 else ""
