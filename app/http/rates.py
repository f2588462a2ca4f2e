"""How often callers may ask, and the headers that tell them.

RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from flask import Flask, Response, current_app, g, request

from app.errors import RateLimited
from app.http.proxies import counted_as
from app.models import Caller, Rate, Standing
from app.ports import RateLimiter

Limit = Literal["generate", "prompts", "default"]

_KEY = "rate_limits"
_parse = lru_cache(maxsize=256)(Rate.parse)


@dataclass(frozen=True, kw_only=True)
class RateLimits:
    """The rate of each limit, None for no limit, and what counts."""

    rates: Mapping[Limit, Rate | None]
    limiter: RateLimiter


def register(app: Flask, limits: RateLimits) -> None:
    """Have requests counted by these limits, and tell all who were counted how they stand."""
    app.extensions[_KEY] = limits

    @app.after_request
    def tell(answer: Response) -> Response:
        for name, value in g.get(_KEY, ()):
            answer.headers[name] = value
        return answer


def count(limit: Limit | None, caller: Caller) -> None:
    """Count this request: of the caller, if it is known, else of the address that calls.

    Raises:
        RateLimited: the rate is used up; then the request does not count.
    """
    limits: RateLimits = current_app.extensions[_KEY]
    rate = _rate(limits, limit, caller) if limit else None
    if limit is None or rate is None:
        return
    who = f"caller {caller.id}" if caller.id else f"address {_address()}"
    standing = limits.limiter.hit(rate, f"{limit} {who}")
    g.setdefault(_KEY, _headers(limit, rate, standing))
    if not standing.allowed:
        raise RateLimited(retry_after=math.ceil(standing.reset))


def _rate(limits: RateLimits, limit: Limit, caller: Caller) -> Rate | None:
    if limit == "generate" and caller.rate:
        return _parse(caller.rate)
    return limits.rates[limit]


def _address() -> str:
    return counted_as(request.remote_addr or "")


def _headers(limit: Limit, rate: Rate, standing: Standing) -> tuple[tuple[str, str], ...]:
    return (
        ("RateLimit-Policy", f'"{limit}";q={rate.amount};w={rate.seconds}'),
        ("RateLimit", f'"{limit}";r={standing.remaining};t={math.ceil(standing.reset)}'),
    )
