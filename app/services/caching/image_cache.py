"""The ImageCache port: memory of the process before a shared cache."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from app.errors import ImageNotFound
from app.models import StoredImage
from app.ports import UNLIMITED
from app.services.caching.memory import ENTRY_BYTES, MemoryCache
from app.services.caching.redis import RedisCache
from app.services.caching.single_flight import SharedCall, SingleFlight

_MEMORY_SECONDS = 60.0
_ABSENT_SECONDS = 2.0
_MAX_ABSENT_ENTRIES = 1000
_LARGE_SHARE = 4  # a quarter of the memory is for entries that are not shared: originals, 1.6 MB


class TwoLevelCache:
    """Reads memory, then the shared level, then the source.

    Concurrent reads of an entry in a process call the source once.

    Args:
        memory_bytes: the size of the memory level; 0 for none.
        shared: the level that processes share, if any.
        memory_seconds: the lifetime of an entry in memory.
        absent_seconds: the time for which a missing image is remembered.
        joining: entered by each thread that waits for another one's read of the same entry.
        count: called with the level at which a read ended: memory, redis, store or computed.
    """

    def __init__(
        self,
        *,
        memory_bytes: int,
        shared: RedisCache | None = None,
        memory_seconds: float = _MEMORY_SECONDS,
        absent_seconds: float = _ABSENT_SECONDS,
        joining: AbstractContextManager[object] = UNLIMITED,
        count: Callable[[str], None] = lambda _level: None,
    ) -> None:
        self._count = count
        large = memory_bytes // _LARGE_SHARE
        self._images: MemoryCache[StoredImage] = MemoryCache(
            max_bytes=memory_bytes - large, ttl_seconds=memory_seconds
        )
        self._large: MemoryCache[StoredImage] = MemoryCache(
            max_bytes=large, ttl_seconds=memory_seconds
        )
        # Separate, so that requests for invented names evict nothing.
        self._absent: MemoryCache[bool] = MemoryCache(
            max_bytes=_MAX_ABSENT_ENTRIES * ENTRY_BYTES, ttl_seconds=absent_seconds
        )
        self._shared = shared
        self._reads: SingleFlight[StoredImage] = SingleFlight(joining)

    def peek(self, image_id: str, name: str) -> StoredImage | None:
        """See ImageCache."""
        return self._images.get(image_id, name) or self._large.get(image_id, name)

    def fetch(
        self, image_id: str, name: str, make: Callable[[], StoredImage], *, share: bool = True
    ) -> StoredImage:
        """See ImageCache."""
        cached = self.peek(image_id, name)
        if cached is not None:
            self._count("memory")
            return cached
        if self._absent.get(image_id, name) is not None:
            self._count("memory")
            raise ImageNotFound(f"{name} of {image_id}")
        return self._reads.run((image_id, name), partial(self._read, make, share))

    def forget(self, image_id: str) -> None:
        """See ImageCache."""

        def forget() -> None:
            for memory in (self._images, self._large, self._absent):
                memory.forget(image_id)

        self._reads.cancel(image_id, forget)
        if self._shared is not None:
            self._shared.forget(image_id)

    def is_up(self) -> bool:
        """See ImageCache."""
        return self._shared is None or self._shared.is_up()

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        if self._shared is not None:
            self._shared.close()

    def _read(
        self, make: Callable[[], StoredImage], share: bool, call: SharedCall[StoredImage]
    ) -> StoredImage:
        image_id, name = call.key
        image = self.peek(image_id, name)  # from a call that has just ended
        if image is not None:
            return image
        if share and self._shared is not None:
            image = self._read_shared(self._shared, make, call)
        else:
            image = self._make(make, call)
        memory, size = self._images if share else self._large, len(image.data)
        self._reads.keep(call, partial(memory.put, image_id, name, image, size=size))
        return image

    def _read_shared(
        self, shared: RedisCache, make: Callable[[], StoredImage], call: SharedCall[StoredImage]
    ) -> StoredImage:
        found = shared.get(*call.key)
        if found.image is not None:
            self._count("redis")
            return found.image
        image = self._make(make, call)
        shared.put(*call.key, image, generation=found.generation)
        return image

    def _make(self, make: Callable[[], StoredImage], call: SharedCall[StoredImage]) -> StoredImage:
        image_id, name = call.key
        self._count("computed" if _is_variant(name) else "store")
        try:
            return make()
        except ImageNotFound:
            self._reads.keep(call, partial(self._absent.put, image_id, name, True, size=0))
            raise


def _is_variant(name: str) -> bool:
    return "=" in name  # which the canonical text of every variant contains
