"""Rate limits for requests, and the headers that report them.

RateLimit and RateLimit-Policy follow draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from flask import Flask, Response, request

from app.errors import InvalidRequest, RateLimited
from app.http.proxies.trusted_proxies import rate_limit_address
from app.models import Caller, Rate, RateLimitStatus
from app.ports import RateLimiter

LimitName = Literal["generate", "prompts", "variants", "default"]

_HEADERS = "app.rate_limit_headers"  # key in the WSGI environment, shared with the middleware
_parse = lru_cache(maxsize=256)(Rate.parse)


@dataclass(frozen=True, kw_only=True)
class RateLimits:
    """The rate of each limit, and the limiter that counts requests.

    A rate of None means no limit.
    """

    rates: Mapping[LimitName, Rate | None]
    limiter: RateLimiter


def register(app: Flask) -> None:
    """Add the rate limit headers to the responses of counted requests."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in request.environ.get(_HEADERS, ()):
            response.headers[name] = value
        return response


def enforce_limit(
    limits: RateLimits,
    limit: LimitName | None,
    caller: Caller,
    environ: dict[str, Any],
    *,
    add: bool = True,
    quiet: bool = False,
    count: int = 1,
) -> None:
    """Count the request against a limit.

    Requests are counted by caller; anonymous ones by client address.

    Args:
        limits: the configured limits.
        limit: the limit to count against; None to count nothing.
        caller: the request's caller.
        environ: the WSGI environment, in which the response's headers are stored.
        add: False to check the limit without counting.
        count: how many requests to count it as.
        quiet: True to report the limit only in a refusal, as caches keep other responses.

    Raises:
        RateLimited: the limit is reached; the request is not counted.
    """
    rate = _rate(limits, limit, caller) if limit else None
    if limit is None or rate is None:
        return
    client = f"caller {caller.id}" if caller.id else f"address {_address(environ)}"
    status = limits.limiter.hit(rate, f"{limit} {client}", add=add, count=count)
    if status.allowed and (quiet or not add):
        return
    environ.setdefault(_HEADERS, _headers(limit, rate, status))
    if not status.allowed:
        raise _rate_limited(math.ceil(status.reset))


def count_further(
    limits: RateLimits,
    limit: LimitName | None,
    caller: Caller,
    environ: dict[str, Any],
    more: int,
) -> None:
    """Count a request that was counted once as further ones, as it asks for several images.

    Raises:
        InvalidRequest: the rate never allows that many.
        RateLimited: it does not allow them now; none of the further ones is counted.
    """
    rate = _rate(limits, limit, caller) if limit else None
    if rate is None or more <= 0:
        return
    if more >= rate.amount:
        problem = f"Must be at most {rate.amount}, the number of images that your rate allows."
        raise InvalidRequest(message=f"n: {problem}", errors=[{"field": "n", "message": problem}])
    environ.pop(_HEADERS, None)  # of the first count
    enforce_limit(limits, limit, caller, environ, count=more)


def _rate(limits: RateLimits, limit: LimitName, caller: Caller) -> Rate | None:
    if limit == "generate" and caller.rate:
        return _parse(caller.rate)
    return limits.rates[limit]


def _address(environ: dict[str, Any]) -> str:
    return rate_limit_address(environ.get("REMOTE_ADDR", ""))


def _headers(limit: LimitName, rate: Rate, status: RateLimitStatus) -> tuple[tuple[str, str], ...]:
    return (
        ("RateLimit-Policy", f'"{limit}";q={rate.amount};w={rate.seconds}'),
        ("RateLimit", f'"{limit}";r={status.remaining};t={math.ceil(status.reset)}'),
    )


def _rate_limited(seconds: int) -> RateLimited:
    unit = "second" if seconds == 1 else "seconds"
    return RateLimited(
        message=f"You've hit the rate limit. Try again in {seconds} {unit}.", retry_after=seconds
    )
