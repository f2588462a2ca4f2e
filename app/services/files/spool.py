"""The Spool port: the folder of paid images that wait for the store."""

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.errors import StorageUnavailable
from app.models import StoredImage
from app.services.files.image_store import LocalImageStore
from app.services.files.permissions import make_folder

ROOM_BYTES = 8 * 1024 * 1024
"""Reserved for an image; an incompressible PNG of 1536x1024 has 6.3 MB."""


class _Reservation(threading.local):
    """The room that this thread has reserved."""

    ballast: BinaryIO | None = None


class FileSpool:
    """Keeps files under `root`, and reserves room for them beforehand.

    The room is an unnamed file of that size. It occupies its blocks until they are released, and
    the system frees them when the process ends, however it ends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = LocalImageStore(root)
        self._reserved = _Reservation()

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """See Spool."""
        with contextlib.ExitStack() as stack:
            try:
                make_folder(self._root)
                file = stack.enter_context(tempfile.TemporaryFile(dir=self._root, buffering=0))
                _allocate(file, ROOM_BYTES)
            except OSError as error:
                raise StorageUnavailable(
                    f"spool: no room ({type(error).__name__}, errno {error.errno})",
                    message="The server's disk is full or unusable. Nothing was charged.",
                ) from None
            self._reserved.ballast = file
            yield

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See Spool."""
        if self._reserved.ballast is not None and not self._reserved.ballast.closed:
            self._reserved.ballast.truncate(0)
        self._files.put(key, data, content_type=content_type)

    def get(self, key: str) -> StoredImage:
        """See Spool."""
        return self._files.get(key)

    def delete(self, key: str) -> None:
        """See Spool."""
        self._files.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See Spool."""
        return self._files.keys(prefix)


def _allocate(file: BinaryIO, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:  # macOS
        written = file.write(bytes(size))
        if written < size:  # a nearly full disk shortens a write before it refuses one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
