"""Check that the image store accepts images, before one is paid for."""

import contextlib
import uuid
from dataclasses import dataclass, field

from app.errors import ImageNotFound, StorageUnavailable
from app.models import object_keys
from app.ports import ImageStore, Spool

PROBE_BYTES = 2 * 1024 * 1024
"""The size of the objects that are written; an original of 1024x1024 has 1.6 MB."""

_FOLDERS = (object_keys.ORIGINALS, object_keys.IMAGES)


@dataclass(kw_only=True)
class StorageCheck:
    """Checks the store, and writes to it before the first image and after each failed write.

    A store can answer every read and refuse every write: missing permissions, a full quota, a size
    limit, headers that it does not know. Without this check each generation would be paid for, and
    none of the images stored.

    All processes of a server share the spool, so each of them detects failed writes of the others
    by the images that appear there.

    Args:
        store: the image store, without a cache.
        spool: the spool of this server.
    """

    store: ImageStore
    spool: Spool
    _verified: frozenset[str] | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)

    def __call__(self) -> None:
        """Check the store; write to it unless nothing has failed since the last write.

        Raises:
            StorageUnavailable: the store is unreachable, or refuses reads or writes.
        """
        self.store.ping()
        waiting, failures = self._waiting(), self._failures
        if self._is_verified(waiting):
            return
        self._write(self._size_of(waiting))
        if failures == self._failures:  # else an image could not be stored in the meantime
            self._verified = waiting

    def note_failure(self) -> None:
        """Note that an image could not be stored, so that the next check writes again."""
        self._failures += 1
        self._verified = None

    def is_outdated(self) -> bool:
        """Return whether a write has failed since the last check."""
        return not self._is_verified(self._waiting())

    def _is_verified(self, waiting: frozenset[str]) -> bool:
        verified = self._verified
        return verified is not None and waiting <= verified

    def _waiting(self) -> frozenset[str]:
        """Return the keys in the spool; none if it can't be read."""
        try:
            return frozenset(self.spool.keys(object_keys.ORIGINALS))
        except StorageUnavailable:
            return frozenset()

    def _size_of(self, waiting: frozenset[str]) -> int:
        """Return the size to write: that of the largest waiting object, for stores with a limit."""
        sizes = [PROBE_BYTES]
        for key in waiting - (self._verified or frozenset()):
            with contextlib.suppress(ImageNotFound, StorageUnavailable):
                sizes.append(len(self.spool.get(key).data))
        return max(sizes)

    def _write(self, size: int) -> None:
        for folder in _FOLDERS:
            # A key of its own: other processes and threads write and delete at the same time.
            key = f"{folder}write-check-{uuid.uuid4()}.png"
            self.store.put(key, bytes(size), content_type=object_keys.PNG)
            with contextlib.suppress(StorageUnavailable):  # not needed to store an image
                self.store.delete(key)
