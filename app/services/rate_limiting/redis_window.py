"""Counts requests in Redis or Valkey, for all workers and servers."""

import hashlib
from typing import TYPE_CHECKING, Any

from app.models import Rate, RateLimitStatus
from app.services.caching.redis import make_client
from app.services.rate_limiting.limiter import BackendUnavailable
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from redis import Redis

_PREFIX = "image-api:rate:1:"

# One round trip, and by the server's own clock: neither two callers nor two clocks can disagree.
# The list has the microseconds of the requests that were let in, oldest first.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local amount, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'list' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest do
  local at = tonumber(oldest)
  if at and at > now - window and at <= now then break end
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
local allowed = 0
if count < amount then
  allowed = 1
  oldest = oldest or now
  if ARGV[3] == '1' then
    redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
    count = count + 1
  end
end
return {allowed, amount - count, string.format('%.0f', oldest + window - now)}
"""


class RedisWindow:
    """An exact moving window: a list of times for each caller, gone with the last of them."""

    def __init__(self, url: str) -> None:
        self._client: LazyClient[Redis] = LazyClient(lambda: make_client(url))

    def hit(self, rate: Rate, who: str, *, add: bool = True) -> RateLimitStatus:
        """Count a request, unless the rate is used up; without `add` only look.

        Raises:
            BackendUnavailable: Redis is down, slow, or answers what it never should.
        """
        from redis.exceptions import RedisError

        key = _PREFIX + hashlib.sha256(f"{rate.seconds}:{who}".encode()).hexdigest()[:32]
        try:
            micros = rate.seconds * 1_000_000
            answer = self._client().eval(_SCRIPT, 1, key, rate.amount, micros, int(add))
            return _standing(answer, rate)
        except (RedisError, OSError, ValueError, TypeError) as error:
            raise BackendUnavailable(f"Redis, {type(error).__name__}") from None

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()


def _standing(answer: Any, rate: Rate) -> RateLimitStatus:
    allowed, remaining, micros = (int(part) for part in answer)
    return RateLimitStatus(
        allowed=bool(allowed),
        remaining=max(0, remaining),
        reset=min(max(micros / 1_000_000, 0.001), rate.seconds),
    )
