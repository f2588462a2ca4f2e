"""The ImageCache port: this process's memory, over what processes share, if anything."""

from collections.abc import Callable
from functools import partial

from app.errors import ImageNotFound
from app.models import StoredImage
from app.services.caching.memory import ENTRY_BYTES, MemoryCache
from app.services.caching.redis import RedisCache
from app.services.caching.single_flight import SharedCall, SingleFlight

_MEMORY_SECONDS = 60.0
_ABSENT_SECONDS = 2.0
_ABSENT_ENTRIES = 1000
_LARGE_SHARE = 4  # one part in four of the memory is for what is not shared: originals, 1.6 MB each


class TwoLevelCache:
    """Looks in memory, then in the shared level; makes each thing once per process.

    Args:
        memory_bytes: what the memory level may take; 0 for none.
        shared: the level that processes share.
        memory_seconds: how long a thing is kept in memory.
        absent_seconds: how long it is remembered that something is absent.
        count: hears of each read where it ended: memory, redis, store or computed.
    """

    def __init__(
        self,
        *,
        memory_bytes: int,
        shared: RedisCache | None = None,
        memory_seconds: float = _MEMORY_SECONDS,
        absent_seconds: float = _ABSENT_SECONDS,
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
        # Apart from the others, so that asking for invented names pushes nothing out.
        self._absent: MemoryCache[bool] = MemoryCache(
            max_bytes=_ABSENT_ENTRIES * ENTRY_BYTES, ttl_seconds=absent_seconds
        )
        self._shared = shared
        self._flights: SingleFlight[StoredImage] = SingleFlight()

    def peek(self, image_id: str, name: str) -> StoredImage | None:
        """See ImageCache."""
        return self._images.get(image_id, name) or self._large.get(image_id, name)

    def fetch(
        self, image_id: str, name: str, make: Callable[[], StoredImage], *, share: bool = True
    ) -> StoredImage:
        """See ImageCache."""
        found = self.peek(image_id, name)
        if found is not None:
            self._count("memory")
            return found
        if self._absent.get(image_id, name) is not None:
            self._count("memory")
            raise ImageNotFound(f"{name} of {image_id}")
        return self._flights.run((image_id, name), partial(self._look, make, share))

    def forget(self, image_id: str) -> None:
        """See ImageCache."""

        def forget() -> None:
            for memory in (self._images, self._large, self._absent):
                memory.forget(image_id)

        self._flights.call_off(image_id, forget)
        if self._shared is not None:
            self._shared.forget(image_id)

    def is_up(self) -> bool:
        """See ImageCache."""
        return self._shared is None or self._shared.is_up()

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        if self._shared is not None:
            self._shared.close()

    def _look(
        self, make: Callable[[], StoredImage], share: bool, flight: SharedCall[StoredImage]
    ) -> StoredImage:
        image_id, name = flight.key
        image = self.peek(image_id, name)  # from a flight that ended a moment ago
        if image is not None:
            return image
        if share and self._shared is not None:
            image = self._look_at_shared(self._shared, make, flight)
        else:
            image = self._made(make, flight)
        memory, size = self._images if share else self._large, len(image.data)
        self._flights.keep(flight, partial(memory.put, image_id, name, image, size=size))
        return image

    def _look_at_shared(
        self, shared: RedisCache, make: Callable[[], StoredImage], flight: SharedCall[StoredImage]
    ) -> StoredImage:
        found = shared.get(*flight.key)
        if found.image is not None:
            self._count("redis")
            return found.image
        image = self._made(make, flight)
        shared.put(*flight.key, image, generation=found.generation)
        return image

    def _made(
        self, make: Callable[[], StoredImage], flight: SharedCall[StoredImage]
    ) -> StoredImage:
        image_id, name = flight.key
        self._count("computed" if _is_variant(name) else "store")
        try:
            return make()
        except ImageNotFound:
            self._flights.keep(flight, partial(self._absent.put, image_id, name, True, size=0))
            raise


def _is_variant(name: str) -> bool:
    return "=" in name  # as every canonical text of a variant has
