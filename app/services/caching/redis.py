"""The shared second level of the image cache: Redis or Valkey."""

import contextlib
import logging
import os
import struct
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from app.models import StoredImage
from app.services.caching.redis_client import TIMEOUT_SECONDS, make_client
from app.services.caching.serialization import pack, unpack
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

_PREFIX = "image-api:4:"  # the number changes with the format of the values
_GENERATION = b"generation"  # a field beside the values; no variant's text is a bare word
_TTL_SECONDS = 20 * 3600  # less than the time for which removals are remembered
_MAX_CLOCK_SKEW_SECONDS = 3600
_PUT_AT = struct.Struct(">q")  # seconds since 1970, before each value
_GENERATION_TTL_SECONDS = 60  # longer than any read of a store
_MAX_VALUE_BYTES = 2 * 1024 * 1024  # more can't be transferred within the timeout
_MAX_FIELDS = 256
_MAX_PENDING_DELETIONS = 10_000

_log = logging.getLogger(__name__)


class CacheLookup(NamedTuple):
    """The cached image, if any, and the generation under which it can be put.

    Without a generation, the cache is unavailable.
    """

    image: StoredImage | None
    generation: bytes | None


class RedisCache:
    """Keeps a hash per image, with a field per name, for 20 hours at most.

    Each value has its time and a SHA-256 of its name, time and content, so that any other value,
    and one that the server kept for too long, is a miss.

    `forget` gives the image a new generation, and values of an earlier generation are misses. A
    process that read an image before its deletion may therefore put it afterwards: no process will
    serve it. The server may be away during a deletion, and return with old values. So a value is
    used only if `may_be_removed` says that its image was not removed while it could be cached.

    A cache that is down must not slow requests: timeouts are short, and after a failure the cache
    is not used for a few seconds. Any exception is a failure, whatever the server or the SDK does.
    Failures are logged once a minute. Deletions that failed are retried, one with each later read;
    until then the image is a miss for this process.

    Args:
        url: the server's URL. Its options override `client_options`, as in `?socket_timeout=0.2`.
        timeout_seconds: the timeout of connecting, and of each response.
        ca_bundle: path of the certificates to trust; None for the usual ones.
        may_be_removed: whether the image with an id was removed lately, or that is unknown.
        rest_seconds: the time after a failure in which the cache is not used.
        log_every_seconds: the minimum time between two logged failures.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        ca_bundle: str | None = None,
        may_be_removed: Callable[[str], bool] = lambda _image_id: False,
        rest_seconds: float = 5.0,
        log_every_seconds: float = 60.0,
    ) -> None:
        self._client = LazyClient(lambda: make_client(url, timeout_seconds, ca_bundle))
        self._may_be_removed = may_be_removed
        self._rest_seconds = rest_seconds
        self._log_every_seconds = log_every_seconds
        self._lock = threading.Lock()
        self._rest_until = float("-inf")
        self._logged_at = float("-inf")
        self._pending_deletions: dict[str, None] = {}  # ids, in order

    def get(self, image_id: str, name: str) -> CacheLookup:
        """Return the image, or the generation under which it can be put."""
        self._retry_deletion()
        if image_id in self._pending_deletions:
            return CacheLookup(None, None)
        found = self._attempt(lambda client: _look_up(client, image_id, name))
        found = found or CacheLookup(None, None)
        if found.image is not None and self._may_be_removed(image_id):
            return CacheLookup(None, found.generation)
        return found

    def put(
        self, image_id: str, name: str, image: StoredImage, *, generation: bytes | None
    ) -> None:
        """Cache an image that was read during this generation, if possible."""
        if generation is None or len(image.data) > _MAX_VALUE_BYTES:
            return
        key, value = _PREFIX + image_id, _pack(image_id, name, generation, image)
        fields = self._attempt(lambda client: _write(client, key, name, value))
        if fields is not None and fields > _MAX_FIELDS:
            self.forget(image_id)

    def forget(self, image_id: str) -> None:
        """Drop the image's entries, even those that earlier readers put later."""
        key, generation = _PREFIX + image_id, os.urandom(8)
        if self._attempt(lambda client: _renew(client, key, generation)):
            self._pending_deletions.pop(image_id, None)
        elif len(self._pending_deletions) < _MAX_PENDING_DELETIONS:
            self._pending_deletions[image_id] = None

    def is_up(self) -> bool:
        """Return whether the server responds."""
        return bool(self._attempt(lambda client: client.ping()))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with contextlib.suppress(Exception):  # reason: connections that are broken are closed
            self._client.close()

    def _retry_deletion(self) -> None:
        """Retry one of the deletions that failed while the server was down."""
        image_id = next(iter(self._pending_deletions), None)
        if image_id is not None:
            self.forget(image_id)

    def _attempt(self, operation: Callable[["Redis"], T]) -> T | None:
        if time.monotonic() < self._rest_until:
            return None
        try:
            return operation(self._client())
        except Exception as error:  # noqa: BLE001 - reason: a cache is optional, whatever fails
            self._note_failure(type(error).__name__)
            return None

    def _note_failure(self, reason: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._rest_until = now + self._rest_seconds
            if now - self._logged_at < self._log_every_seconds:
                return
            self._logged_at = now
        _log.warning("cache is down (%s): images are read from the store", reason)


def _pack(image_id: str, name: str, generation: bytes, image: StoredImage) -> bytes:
    put_at = _PUT_AT.pack(int(time.time()))
    return put_at + pack(_label(image_id, name, generation, put_at), image)


def _unpack(image_id: str, name: str, generation: bytes, value: bytes) -> StoredImage | None:
    put_at = value[: _PUT_AT.size]
    image = unpack(_label(image_id, name, generation, put_at), value[_PUT_AT.size :])
    if image is None:
        return None
    age = time.time() - _PUT_AT.unpack(put_at)[0]
    return image if -_MAX_CLOCK_SKEW_SECONDS < age < _TTL_SECONDS else None


def _label(image_id: str, name: str, generation: bytes, put_at: bytes) -> bytes:
    return b"\n".join((image_id.encode(), name.encode(), generation, put_at))


def _look_up(client: "Redis", image_id: str, name: str) -> CacheLookup:
    """Read and verify the value.

    Raises:
        ValueError, TypeError: the reply is not that of a cache.
    """
    value, generation = _read(client, _PREFIX + image_id, name)
    generation = b"" if generation is None else bytes(memoryview(generation))
    if value is None:
        return CacheLookup(None, generation)
    image = _unpack(image_id, name, generation, bytes(memoryview(value)))
    return CacheLookup(image, generation)


def _read(client: "Redis", key: str, name: str) -> list[bytes | None]:
    from redis.exceptions import ResponseError

    try:
        return cast("list[bytes | None]", client.hmget(key, [name, _GENERATION]))
    except ResponseError:  # the key's value is not a hash
        client.delete(key)
        return [None, None]


def _write(client: "Redis", key: str, name: str, value: bytes) -> int:
    """Put the value; return the number of fields after that."""
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(key, name, value)
    pipeline.expire(key, _TTL_SECONDS)
    pipeline.hlen(key)
    return int(pipeline.execute()[-1])


def _renew(client: "Redis", key: str, generation: bytes) -> bool:
    pipeline = client.pipeline(transaction=True)
    pipeline.delete(key)
    pipeline.hset(key, _GENERATION, generation)
    pipeline.expire(key, _GENERATION_TTL_SECONDS)
    pipeline.execute()
    return True
