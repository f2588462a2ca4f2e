"""Ports for stored images: store, spool, temporary files and cache, and guards of reads."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import BinaryIO, Protocol, TypeVar

from app.models import StoredImage

T = TypeVar("T")

UNLIMITED: AbstractContextManager[object] = nullcontext()
"""Bounds nothing: any number of threads may wait."""


class Guard(Protocol):
    """Makes calls to a service that may not respond."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """Return the result of `work`, or raise an AppError without calling it."""


def unguarded(work: Callable[[], T]) -> T:
    """Return the result of `work`."""
    return work()


class ImageStore(Protocol):
    """Stores objects under the keys of `app.models.object_keys`.

    Every method raises StorageUnavailable if the store is unreachable or refuses access.
    """

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Store the object, replacing an existing one.

        It is durable once this returns, even if the machine crashes.
        """

    def get(self, key: str) -> StoredImage:
        """Return the object.

        Raises:
            ImageNotFound: the store has no such object.
        """

    def delete(self, key: str) -> None:
        """Remove the object, if there is one."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys with this prefix, in order, page by page."""

    def public_url(self, key: str) -> str | None:
        """Return the object's public URL; None if only this service serves it."""

    def link(self, key: str) -> str:
        """Return a URL with which anyone can read the object for an hour.

        Raises:
            StorageUnavailable: only this service can serve the object.
        """

    def ping(self) -> None:
        """Return if the store is reachable and grants access."""


class Spool(Protocol):
    """Keeps objects on this server's disk until the store accepts them.

    Every method raises StorageUnavailable if the disk is full or fails.
    """

    def room(self) -> AbstractContextManager[None]:
        """Reserve disk space within the block, for an image of this thread."""

    def open_file(self, data: bytes) -> BinaryIO:
        """Return an unnamed file with these bytes, which is gone once it is closed."""

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Store the object durably in the reserved space."""

    def get(self, key: str) -> StoredImage:
        """Return the object.

        Raises:
            ImageNotFound: there is none.
        """

    def delete(self, key: str) -> None:
        """Remove the object, if there is one."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys with this prefix, in order."""


class TempFiles(Protocol):
    """Incomplete files left on this server's disk by a crash.

    Every method raises StorageUnavailable if the disk fails.
    """

    def older_than(self, time: datetime) -> Iterator[str]:
        """Yield the names of files last written before a time."""

    def remove(self, name: str) -> None:
        """Remove the file, if there is one."""


class Cursor(Protocol):
    """The place of a long run, on this server's disk, which outlives the process.

    Every method raises StorageUnavailable if the disk fails.
    """

    def load(self) -> str:
        """Return the id of the last image that was done, or ""."""

    def save(self, image_id: str) -> None:
        """Keep the id of the last image that was done."""

    def clear(self) -> None:
        """Forget it: the run is complete."""


class ImageCache(Protocol):
    """Caches images and variants.

    Entries may be dropped at any time, and no method fails. An entry has the id of its image and
    a name: `image`, `original.<extension>`, or the canonical text of a variant and the revision of
    the image that it was rendered from.
    """

    def peek(self, image_id: str, name: str) -> StoredImage | None:
        """Return the entry from this process's memory, or None."""

    def fetch(
        self, image_id: str, name: str, make: Callable[[], StoredImage], *, share: bool = True
    ) -> StoredImage:
        """Return the entry; if there is none, make and cache it.

        Concurrent calls for the same entry share one call of `make`, its result or its error. A
        missing image is remembered for two seconds; other errors are not.

        Args:
            image_id: the id of the entry's image.
            name: the name of the entry.
            make: reads or computes the entry.
            share: whether to cache it for other processes too; False for large entries.
        """

    def forget(self, image_id: str) -> None:
        """Drop all entries of the image, including those being made."""

    def is_up(self) -> bool:
        """Return whether the cache shared by the processes responds."""


class OwnerCache(Protocol):
    """Caches the owners of images."""

    def get(self, group: str, name: str, /) -> str | None:
        """Return the cached owner, or None."""

    def put(self, group: str, name: str, owner: str, /, *, size: int) -> None:
        """Cache an owner; `size` is in bytes."""

    def forget(self, group: str, /) -> None:
        """Remove all entries of a group."""
