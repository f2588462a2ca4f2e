"""Rate limit backends on storages of the `limits` library.

The library takes about 40 ms to load, so it is imported when a request is first counted, or before
gunicorn forks its workers.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from app.models import Rate, RateLimitStatus
from app.services.caching.redis_client import TIMEOUT_SECONDS, client_options
from app.services.rate_limiting.limiter import BackendUnavailable
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from app.services.mongodb.client import MongoDatabase

_MAX_ATTEMPTS = 3
_MIN_RESET_SECONDS = 0.001


class WindowStorage(Protocol):
    """The part of `limits.storage.MovingWindowSupport` that backends use."""

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` entries and return True, unless there would be more than `limit`."""

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest entry was added, and how many there are.

        Without entries the time is the current one, or None in MongoDB.
        """

    def clear(self, key: str) -> None:
        """Delete all entries of a key."""


@dataclass(frozen=True, kw_only=True)
class OpenStorage:
    """A storage in use.

    Attributes:
        storage: the storage itself.
        damage: what it raises when other data is stored under a key.
        close: closes its connections.
    """

    storage: WindowStorage
    damage: tuple[type[Exception], ...] = ()
    close: Callable[[], None]


class StorageBackend:
    """Counts requests in one storage.

    Args:
        name: the storage's name in the log.
        open_storage: creates the storage at its first use, without connecting.
        deadline: limits the time of all calls within its block.
        now: returns seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        open_storage: Callable[[], OpenStorage],
        *,
        deadline: Callable[[], AbstractContextManager[object]] = nullcontext,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._open = LazyClient(open_storage)
        self._deadline = deadline
        self._now = now

    def hit(self, rate: Rate, key: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:
        """Count a request unless the rate is used up; or only look.

        Raises:
            BackendUnavailable: the storage is down, slow, or returns what it never should.
        """
        key = hashlib.sha256(f"{rate.seconds}:{key}".encode()).hexdigest()[:32]  # short, no names
        try:
            opened = self._open()
            with self._deadline():
                try:
                    return self._hit(opened.storage, rate, key, add=add, count=count)
                except opened.damage:
                    opened.storage.clear(key)
                    return self._hit(opened.storage, rate, key, add=add, count=count)
        except Exception as error:  # noqa: BLE001 - reason: another backend can count, whatever fails
            raise BackendUnavailable(f"{self._name}, {type(error).__name__}") from None

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._open.close()

    def _hit(
        self, storage: WindowStorage, rate: Rate, key: str, *, add: bool, count: int
    ) -> RateLimitStatus:
        """Count and read the window; retry if a refusal is unjustified."""
        for _ in range(_MAX_ATTEMPTS):
            allowed = add and storage.acquire_entry(key, rate.amount, rate.seconds, count)
            start, used = storage.get_moving_window(key, rate.amount, rate.seconds)
            remaining = max(0, rate.amount - used)
            allowed = allowed or (remaining >= count and not add)
            since = (self._now() - start) if used else 0.0
            if since < -rate.seconds:
                storage.clear(key)  # the clock was set back: the entries would count for too long
            elif allowed or remaining < count:
                break
            # Else there is room: the window has moved since the refusal, or MongoDB refused one of
            # two simultaneous requests that were the first of their key.
        else:
            raise ValueError("the storage refuses and reports room at the same time")
        reset = min(max(rate.seconds - since, _MIN_RESET_SECONDS), rate.seconds)
        return RateLimitStatus(allowed=allowed, remaining=remaining, reset=reset)


def redis_backend(
    url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, ca_bundle: str | None = None
) -> StorageBackend:
    """Count in Redis or Valkey, for all servers.

    Entries have the time of the server that counts: if two clocks differ by a second, so do the
    windows. Options in the URL override the default ones, as in `?socket_timeout=0.2`.
    """

    def open_storage() -> OpenStorage:
        from limits.storage import RedisStorage
        from redis.exceptions import ResponseError

        storage = RedisStorage(
            url, key_prefix="image-api:rate:2", **client_options(url, timeout_seconds, ca_bundle)
        )
        return OpenStorage(
            storage=storage,
            damage=(ResponseError,),
            close=storage.storage.close,
        )

    return StorageBackend("Redis", open_storage)


def mongodb_backend(database: "MongoDatabase", *, timeout_seconds: float = 0.09) -> StorageBackend:
    """Count in MongoDB, for all servers. The database is closed by its owner."""

    def open_storage() -> OpenStorage:
        from pymongo.errors import OperationFailure

        from app.services.rate_limiting.mongodb_storage import MongoWindows

        return OpenStorage(
            storage=MongoWindows(database),
            damage=(OperationFailure,),
            close=lambda: None,
        )

    def deadline() -> AbstractContextManager[object]:
        from pymongo import timeout

        return timeout(timeout_seconds)

    return StorageBackend("MongoDB", open_storage, deadline=deadline)


def sqlite_backend(
    path: Path | None = None,
    *,
    now: Callable[[], float] = time.time,
    max_entries: int = 200_000,  # about 20 MB
    **waits: float,
) -> StorageBackend:
    """Count in an SQLite file, or in memory if there is no path.

    All processes of a server share the file.

    Args:
        path: the file.
        now: returns seconds since 1970, the same for all processes.
        max_entries: see SqliteStorage.
        **waits: see SqliteFile.
    """

    def open_storage() -> OpenStorage:
        from app.services.rate_limiting.sqlite_storage import SqliteStorage

        uri = f"sqlite://{quote(str(path.absolute())) if path else ''}"
        storage = SqliteStorage(uri, now=now, max_entries=max_entries, **waits)
        return OpenStorage(storage=storage, close=storage.close)

    return StorageBackend("SQLite", open_storage, now=now)
