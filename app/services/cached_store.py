"""An ImageStore that asks a cache before the store behind it."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.models import StoredImage
from app.ports import Cache, ImageStore

_HEADER = struct.Struct(">32sqB")  # SHA-256 of what follows it, time in seconds, length of type


@dataclass(frozen=True)
class CachedStore:
    """Remembers what was read. Only answers of the store are remembered, never its failures.

    Each cached value carries the SHA-256 of its key and content: whatever else is found in the
    cache is dropped and read from the store again.
    """

    store: ImageStore
    cache: Cache

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.store.put(key, data, content_type=content_type)
        self.cache.delete(key)

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        value = self.cache.get(key)
        image = _unpack(key, value) if value is not None else None
        if image is None:
            image = self.store.get(key)
            self.cache.put(key, _pack(key, image))
        return image

    def delete(self, key: str) -> None:
        """See ImageStore."""
        self.store.delete(key)
        self.cache.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        return self.store.keys(prefix)

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return self.store.public_url(key)

    def ping(self) -> None:
        """See ImageStore."""
        self.store.ping()


@dataclass(frozen=True)
class FreshStore(CachedStore):
    """Reads past the cache, and lets it forget what changes.

    For repairs: they have to see what is really there, and would fill the cache with originals.
    """

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        return self.store.get(key)


def _pack(key: str, image: StoredImage) -> bytes:
    kind = image.content_type.encode()
    seconds = int(image.modified.timestamp())
    digest = _digest(key, seconds, kind, image.data)
    return _HEADER.pack(digest, seconds, len(kind)) + kind + image.data


def _unpack(key: str, value: bytes) -> StoredImage | None:
    """Return the image, or None if these are not bytes that `_pack` made for this key."""
    if len(value) < _HEADER.size:
        return None
    digest, seconds, length = _HEADER.unpack_from(value)
    kind, data = value[_HEADER.size :][:length], value[_HEADER.size + length :]
    if digest != _digest(key, seconds, kind, data):
        return None
    return StoredImage(
        data=data,
        content_type=kind.decode(),
        modified=datetime.fromtimestamp(seconds, UTC),
    )


def _digest(key: str, seconds: int, kind: bytes, data: bytes) -> bytes:
    digest = hashlib.sha256(f"{key}\n{seconds}\n".encode() + struct.pack(">B", len(kind)) + kind)
    digest.update(data)
    return digest.digest()
