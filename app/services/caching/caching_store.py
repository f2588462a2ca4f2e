"""Image stores with a cache in front."""

from dataclasses import dataclass
from functools import partial

from app.models import StoredImage, object_keys
from app.ports import Guard, ImageCache, unguarded
from app.services.caching.store_wrapper import StoreWrapper


@dataclass(frozen=True)
class CachingStore(StoreWrapper):
    """Caches images and originals; reads other objects from the store.

    Args:
        store: the store itself.
        cache: caches images and originals.
        guard: makes the reads from the store.
    """

    cache: ImageCache
    guard: Guard = unguarded

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.store.put(key, data, content_type=content_type)
        self._forget(key)

    def get(self, key: str) -> StoredImage:
        """See ImageStore. Originals are cached only in memory.

        They are large and rarely read.
        """
        entry, read = _entry(key), partial(self.guard, partial(self.store.get, key))
        if entry is None:
            return read()
        image_id, name = entry
        return self.cache.fetch(image_id, name, read, share=name == _IMAGE)

    def delete(self, key: str) -> None:
        """See ImageStore."""
        self.store.delete(key)
        self._forget(key)

    def _forget(self, key: str) -> None:
        entry = _entry(key)
        if entry is not None:
            self.cache.forget(entry[0])


@dataclass(frozen=True)
class UncachedStore(CachingStore):
    """Reads without the cache, but removes changed objects from it.

    Repairs use it: they need the actual contents of the store, and would fill the cache with
    originals.
    """

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        return self.store.get(key)


_IMAGE = "image"


def _entry(key: str) -> tuple[str, str] | None:
    """Return id and name of the cache entry, or None if it is not cached."""
    folder, image_id, extension = object_keys.split_key(key)
    if folder == object_keys.IMAGES:
        return image_id, _IMAGE
    if folder == object_keys.ORIGINALS and not object_keys.is_sidecar(key):
        return image_id, f"original.{extension}"
    return None
