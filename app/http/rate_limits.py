"""How often callers may ask, and the headers that tell them.

RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from flask import Flask, Response, request

from app.errors import RateLimited
from app.http.trusted_proxies import counted_as
from app.models import Caller, Rate, RateLimitStatus
from app.ports import RateLimiter

Limit = Literal["generate", "prompts", "default"]

_REPORTED = "app.rate_limits"  # in the environment, which the gate before Flask has too
_parse = lru_cache(maxsize=256)(Rate.parse)


@dataclass(frozen=True, kw_only=True)
class RateLimits:
    """The rate of each limit, None for no limit, and what counts."""

    rates: Mapping[Limit, Rate | None]
    limiter: RateLimiter


def register(app: Flask) -> None:
    """Tell all who were counted how they stand."""

    @app.after_request
    def report(answer: Response) -> Response:
        for name, value in request.environ.get(_REPORTED, ()):
            answer.headers[name] = value
        return answer


def count(
    limits: RateLimits,
    limit: Limit | None,
    caller: Caller,
    environ: dict[str, Any],
    *,
    add: bool = True,
) -> None:
    """Count this request: of the caller, if it is known, else of the address that calls.

    Args:
        limits: all there are.
        limit: the one that the request counts against, if any.
        caller: who asks.
        environ: of the request; how the caller stands is noted there.
        add: False only looks whether there is room.

    Raises:
        RateLimited: the rate is used up; then the request does not count.
    """
    rate = _rate(limits, limit, caller) if limit else None
    if limit is None or rate is None:
        return
    who = f"caller {caller.id}" if caller.id else f"address {_address(environ)}"
    standing = limits.limiter.hit(rate, f"{limit} {who}", add=add)
    if standing.allowed and not add:
        return
    environ.setdefault(_REPORTED, _headers(limit, rate, standing))
    if not standing.allowed:
        raise RateLimited(retry_after=math.ceil(standing.reset))


def _rate(limits: RateLimits, limit: Limit, caller: Caller) -> Rate | None:
    if limit == "generate" and caller.rate:
        return _parse(caller.rate)
    return limits.rates[limit]


def _address(environ: dict[str, Any]) -> str:
    return counted_as(environ.get("REMOTE_ADDR", ""))


def _headers(limit: Limit, rate: Rate, standing: RateLimitStatus) -> tuple[tuple[str, str], ...]:
    return (
        ("RateLimit-Policy", f'"{limit}";q={rate.amount};w={rate.seconds}'),
        ("RateLimit", f'"{limit}";r={standing.remaining};t={math.ceil(standing.reset)}'),
    )
