"""The Cache port on Redis or Valkey."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from app.services.lazy import Lazy

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

_PREFIX = "image-api:2:"  # the number changes whenever the form of the values does
_TTL_SECONDS = 24 * 3600
PATIENCE_SECONDS = 0.04  # for connecting and for answering, so at most twice that a failure
_REST_SECONDS = 5.0
_LOG_EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


class RedisCache:
    """Keeps values for a day, as far as the server's memory allows.

    A cache that is down must not slow anything: its patience is short, and after a failure it is
    left alone for a few seconds. Such failures are logged once a minute.
    """

    def __init__(self, url: str) -> None:
        self._client: Lazy[Redis] = Lazy(lambda: _make_client(url))
        self._lock = threading.Lock()
        self._rest_until = float("-inf")
        self._logged_at = float("-inf")

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        return self._attempt(lambda client: cast("bytes | None", client.get(_PREFIX + key)))

    def put(self, key: str, value: bytes) -> None:
        """See Cache."""
        self._attempt(lambda client: client.set(_PREFIX + key, value, ex=_TTL_SECONDS))

    def delete(self, key: str) -> None:
        """See Cache."""
        self._attempt(lambda client: client.delete(_PREFIX + key))

    def is_up(self) -> bool:
        """See Cache."""
        return bool(self._attempt(lambda client: client.ping()))

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()

    def _attempt(self, operation: Callable[["Redis"], T]) -> T | None:
        from redis.exceptions import RedisError

        if time.monotonic() < self._rest_until:
            return None
        try:
            return operation(self._client())
        except (RedisError, OSError) as error:
            self._note_failure(type(error).__name__)
            return None

    def _note_failure(self, reason: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._rest_until = now + _REST_SECONDS
            if now - self._logged_at < _LOG_EVERY_SECONDS:
                return
            self._logged_at = now
        _log.warning("cache is down (%s): pictures come from the store", reason)


def _make_client(url: str) -> "Redis":
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        # The old protocol and no client name: a new connection then needs no round trips of its
        # own before the first command, each of which could use up the patience again.
        protocol=2,
        driver_info=None,
    )
