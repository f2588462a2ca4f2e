"""What keeps pictures."""

from collections.abc import Iterator
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
        """The object's own address, or None where only this service can serve it."""

    def ping(self) -> None:
        """Return if the store answers and lets us in."""


class Spool(Protocol):
    """Keeps on this server's disk what the store can't take now.

    Every method raises StorageUnavailable when the disk is full or fails.
    """

    def room(self) -> AbstractContextManager[None]:
        """Hold room for one picture, for whatever this thread may have to put."""

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


class Leftovers(Protocol):
    """The files that a crash left half written on this server's disk.

    Every method raises StorageUnavailable when the disk fails.
    """

    def older_than(self, time: datetime) -> Iterator[str]:
        """Yield the names of those that were last written before then."""

    def remove(self, name: str) -> None:
        """Remove the file; one that is not there is fine."""


class Cache(Protocol):
    """Forgets when it likes, and never fails: trouble counts as a miss."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Remember the value for a while, if possible."""

    def delete(self, key: str) -> None:
        """Forget the value, if possible."""

    def is_up(self) -> bool:
        """Whether the cache answers."""
