"""The Spool port: the folder where paid images wait while the store is down."""

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
"""Held for an image: a 1536x1024 PNG has 6.3 MB if nothing of it can be compressed."""


class _Held(threading.local):
    """The room that this thread holds."""

    ballast: BinaryIO | None = None


class FileSpool:
    """Keeps files below `root`, and makes sure beforehand that there is room for them.

    The room is a nameless file of that size: while it is held, nobody else can use up the disk,
    and it is gone when its process is, however that ends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = LocalImageStore(root)
        self._held = _Held()

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """See Spool."""
        with contextlib.ExitStack() as stack:
            try:
                make_folder(self._root)
                held = stack.enter_context(tempfile.TemporaryFile(dir=self._root, buffering=0))
                _allocate(held, ROOM_BYTES)
            except OSError as error:
                raise StorageUnavailable(
                    f"spool: no room ({type(error).__name__}, errno {error.errno})",
                    message="The server's disk is full or unusable, so nothing can be drawn now.",
                ) from None
            self._held.ballast = held
            yield

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See Spool."""
        if self._held.ballast is not None and not self._held.ballast.closed:
            self._held.ballast.truncate(0)
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
        if written < size:  # a disk that fills up cuts a write short before it refuses one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
