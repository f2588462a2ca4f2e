"""The Redis storage of the `limits` library, with our time limits."""

from limits.storage import RedisStorage
from redis.exceptions import RedisError, ResponseError

from app.services.caching.redis import client_options


class RedisWindows(RedisStorage):
    """Keep a list of times for each key; it expires with the last of them.

    The scripts of the library count atomically, but with the time of the caller: servers whose
    clocks differ by a second have windows that differ by a second.
    """

    failures: tuple[type[Exception], ...] = (RedisError,)
    damage: tuple[type[Exception], ...] = (ResponseError,)

    def __init__(self, url: str) -> None:
        super().__init__(url, key_prefix="image-api:rate:2", **client_options())

    def close(self) -> None:
        """Close the connections."""
        self.storage.close()
