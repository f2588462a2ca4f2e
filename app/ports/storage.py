"""What keeps images."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from app.models import StoredImage


class ImageStore(Protocol):
    """Keeps objects under keys such as `images/<uuid>.png`.

    Every method raises StorageUnavailable when the store can't be reached or refuses us.
    """

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Store durably; what has returned survives a crash. Storing again replaces."""

    def get(self, key: str) -> StoredImage:
        """Return the object.

        Raises:
            ImageNotFound: the store answered that there is none.
        """

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin so, in order, a part at a time, however many there are."""

    def public_url(self, key: str) -> str | None:
        """Return the object's own address, or None if only this service can serve it."""

    def link(self, key: str) -> str:
        """Return an address from which anyone who has it can read the object for an hour.

        Raises:
            StorageUnavailable: only this service can serve it.
        """

    def ping(self) -> None:
        """Return if the store answers and lets us in."""


class Spool(Protocol):
    """Keeps on this server's disk what the store can't take now.

    Every method raises StorageUnavailable when the disk is full or fails.
    """

    def room(self) -> AbstractContextManager[None]:
        """Hold room for one image, for whatever this thread may have to put."""

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Store durably, in the room that is held; storing again replaces."""

    def get(self, key: str) -> StoredImage:
        """Return the object.

        Raises:
            ImageNotFound: there is none.
        """

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin so, in order."""


class TempFiles(Protocol):
    """The files that a crash left half written on this server's disk.

    Every method raises StorageUnavailable when the disk fails.
    """

    def older_than(self, time: datetime) -> Iterator[str]:
        """Yield the names of those that were last written before then."""

    def remove(self, name: str) -> None:
        """Remove the file; one that is not there is fine."""


class ImageCache(Protocol):
    """Remembers images and what is computed from them; forgets when it likes, and never fails.

    An entry has the id of its image and a name: `image`, `original.<ending>`, or a variant's
    canonical text.
    """

    def peek(self, image_id: str, name: str) -> StoredImage | None:
        """Return what this process has at hand, or None; asks nobody else."""

    def fetch(
        self, image_id: str, name: str, make: Callable[[], StoredImage], *, share: bool = True
    ) -> StoredImage:
        """Return what is remembered, else what `make` returns, which is remembered then.

        However many threads ask at the same time, one of them makes it, and the others get the
        same result or error. That an image is absent is remembered for two seconds; no other
        error ever is.

        Args:
            image_id: of the image that this is, or belongs to.
            name: which of the things of that image.
            make: gets it from where it is kept, or computes it.
            share: whether other processes may have it too; not for what is large.
        """

    def forget(self, image_id: str) -> None:
        """Forget everything of that image, also what is being made right now."""

    def is_up(self) -> bool:
        """Whether the part of the cache that processes share answers."""
