"""The farther level of the image cache, which processes share: Redis or Valkey."""

import logging
import os
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from app.models import StoredImage
from app.services.caching.serialization import pack, unpack
from app.services.runtime.failures import Failure, FailureKind, kind_by_class
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

_PREFIX = "image-api:3:"  # the number changes whenever the form of the values does
_GENERATION = b"generation"  # a field beside the values; no canonical text is a bare word
_TTL_SECONDS = 24 * 3600
_FORGOTTEN_SECONDS = 60  # longer than any read of a store lasts
_MAX_VALUE_BYTES = 2 * 1024 * 1024  # more than our patience can wait for
_MAX_FIELDS = 256
_MAX_OWED = 10_000
TIMEOUT_SECONDS = 0.04  # for connecting and for answering, so at most twice that a failure

_log = logging.getLogger(__name__)


class CacheHit(NamedTuple):
    """What the cache had, and of which generation of the image; None if it can't be told."""

    image: StoredImage | None
    generation: bytes | None


class RedisCache:
    """Keeps a hash for each image, with a field for each thing, for a day at most.

    Each value carries the SHA-256 of its name and content: whatever else is found is a miss.

    Forgetting gives the image a new generation, under which values are valid that were looked
    for after that. So a reader who got an image before it was deleted can put it afterwards, from
    whatever process: nobody takes it.

    A cache that is down must not slow anything: its patience is short, and after a failure it is
    left alone for a few seconds. Such failures are logged once a minute. What should have been
    forgotten meanwhile is a miss for this process, and forgotten, one by one, by later reads.
    """

    def __init__(
        self,
        url: str,
        *,
        rest_seconds: float = 5.0,
        log_every_seconds: float = 60.0,
    ) -> None:
        self._client = LazyClient(lambda: _make_client(url))
        self._rest_seconds = rest_seconds
        self._log_every_seconds = log_every_seconds
        self._lock = threading.Lock()
        self._rest_until = float("-inf")
        self._logged_at = float("-inf")
        self._owed: dict[str, None] = {}

    def get(self, image_id: str, name: str) -> CacheHit:
        """Return the image, or the generation with which it can be put."""
        self._forget_what_is_owed()
        if image_id in self._owed:
            return CacheHit(None, None)
        answer = self._attempt(lambda client: _read(client, _PREFIX + image_id, name))
        if answer is None:
            return CacheHit(None, None)
        value, generation = answer[0], answer[1] or b""
        image = None if value is None else unpack(_label(image_id, name, generation), value)
        return CacheHit(image, generation)

    def put(
        self, image_id: str, name: str, image: StoredImage, *, generation: bytes | None
    ) -> None:
        """Remember the image, if possible, as one that was looked for in that generation."""
        if generation is None or len(image.data) > _MAX_VALUE_BYTES:
            return
        key, value = _PREFIX + image_id, pack(_label(image_id, name, generation), image)
        fields = self._attempt(lambda client: _write(client, key, name, value))
        if fields is not None and fields > _MAX_FIELDS:
            self.forget(image_id)

    def forget(self, image_id: str) -> None:
        """Forget everything of that image, also what will be put by those who read it before."""
        key, generation = _PREFIX + image_id, os.urandom(8)
        if self._attempt(lambda client: _renew(client, key, generation)):
            self._owed.pop(image_id, None)
        elif len(self._owed) < _MAX_OWED:
            self._owed[image_id] = None

    def is_up(self) -> bool:
        """Whether the server answers."""
        return bool(self._attempt(lambda client: client.ping()))

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()

    def _forget_what_is_owed(self) -> None:
        """Forget one of those that could not be forgotten while the server was down."""
        image_id = next(iter(self._owed), None)
        if image_id is not None:
            self.forget(image_id)

    def _attempt(self, operation: Callable[["Redis"], T]) -> T | None:
        if time.monotonic() < self._rest_until:
            return None
        try:
            return operation(self._client())
        except Exception as error:
            failure = classify(error)
            if failure is None:
                raise
            self._note_failure(failure.detail)
            return None

    def _note_failure(self, reason: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._rest_until = now + self._rest_seconds
            if now - self._logged_at < self._log_every_seconds:
                return
            self._logged_at = now
        _log.warning("cache is down (%s): images come from the store", reason)


def _label(image_id: str, name: str, generation: bytes) -> bytes:
    return b"\n".join((image_id.encode(), name.encode(), generation))


def _read(client: "Redis", key: str, name: str) -> list[bytes | None]:
    from redis.exceptions import ResponseError

    try:
        return cast("list[bytes | None]", client.hmget(key, [name, _GENERATION]))
    except ResponseError:  # something else lies under our key
        client.delete(key)
        return [None, None]


def _write(client: "Redis", key: str, name: str, value: bytes) -> int:
    """Put the value; return how many fields there are then."""
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(key, name, value)
    pipeline.expire(key, _TTL_SECONDS)
    pipeline.hlen(key)
    return cast("int", pipeline.execute()[-1])


def _renew(client: "Redis", key: str, generation: bytes) -> bool:
    pipeline = client.pipeline(transaction=True)
    pipeline.delete(key)
    pipeline.hset(key, _GENERATION, generation)
    pipeline.expire(key, _FORGOTTEN_SECONDS)
    pipeline.execute()
    return True


def client_options() -> dict[str, Any]:
    """Return the options of a client that fails fast; options in the URL replace them."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        # The old protocol and no client name: otherwise a new connection needs round trips of its
        # own before the first command, each of which may take the whole time again.
        "protocol": 2,
        "driver_info": None,
    }


def _make_client(url: str) -> "Redis":
    from redis import Redis

    return Redis.from_url(url, **client_options())


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    from redis.exceptions import RedisError

    if not isinstance(error, RedisError | OSError):
        return None
    name = type(error).__name__
    return Failure(kind=_kind(error), detail=name, code=name)


def _kind(error: Exception) -> FailureKind:
    from redis import exceptions

    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return FailureKind.TLS
    kinds = (
        (exceptions.AuthenticationError, FailureKind.CREDENTIALS_REFUSED),
        (exceptions.NoPermissionError, FailureKind.PERMISSION_DENIED),
        (exceptions.AuthorizationError, FailureKind.PERMISSION_DENIED),
        (exceptions.TimeoutError, FailureKind.NO_RESPONSE),
        (exceptions.ConnectionError, FailureKind.UNREACHABLE),
        (OSError, FailureKind.UNREACHABLE),
        (exceptions.ResponseError, FailureKind.REJECTED),
    )
    return kind_by_class(error, kinds, FailureKind.BAD_RESPONSE)
