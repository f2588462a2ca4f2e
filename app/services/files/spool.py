"""The Spool port: the folder of paid images that wait for the store."""

import atexit
import contextlib
import errno
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.errors import StorageUnavailable
from app.models import StoredImage, object_keys
from app.services.files.image_store import LocalImageStore
from app.services.files.permissions import make_folder

ROOM_BYTES = 8 * 1024 * 1024
"""Reserved for an image; an incompressible PNG of 1536x1024 has 6.3 MB."""

_log = logging.getLogger(__name__)


class _Reservation(threading.local):
    """The room that this thread has reserved."""

    room: "_Room | None" = None


@dataclass
class _Room:
    """An unnamed file that is open: its blocks stay, whatever happens to its folder."""

    file: BinaryIO
    used: int = 0
    holds: int = 0  # objects that are in no other place
    reserved: bool = True  # by a thread, which may write more

    def write(self, data: bytes) -> "_HeldObject | None":
        """Write the data over reserved blocks; None if that is impossible."""
        offset, descriptor = self.used, self.file.fileno()
        try:
            if os.pwrite(descriptor, data, offset) < len(data):
                return None
            os.fsync(descriptor)
        except OSError:
            return None
        self.used = offset + len(data)
        return _HeldObject(self, offset, len(data), datetime.now(UTC).replace(microsecond=0))

    def release(self) -> None:
        """Return the blocks to the disk, unless they hold an object."""
        if not self.holds:
            self.used = 0
            self.file.truncate(0)


@dataclass(frozen=True)
class _HeldObject:
    """An object in a room, until it can be written under its key."""

    room: _Room
    offset: int
    size: int
    held_since: datetime

    def read(self, key: str) -> StoredImage:
        data = os.pread(self.room.file.fileno(), self.size, self.offset)
        content_type = object_keys.content_type_of(key)
        return StoredImage(data=data, content_type=content_type, modified=self.held_since)


class FileSpool:
    """Keeps files under `root`, and reserves room for them beforehand.

    The room is an unnamed file of that size, which stays open. It occupies its blocks until they
    are released, and the system frees them when the process ends, however it ends.

    An object is first written into the room, and then to a file under its key. If that is
    impossible, because the folder was removed, made unwritable or has no room for another file, it
    stays in the room: this process can read it, and tries again to write it at each listing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = LocalImageStore(root)
        self._reserved = _Reservation()
        self._held: dict[str, _HeldObject] = {}
        self._lock = threading.RLock()
        self._closes_at_exit = False

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """See Spool."""
        room = self._reserve()
        self._reserved.room = room
        try:
            yield
        finally:
            self._reserved.room, room.reserved = None, False
            self._close_unless_used(room)

    def open_file(self, data: bytes) -> BinaryIO:
        """See Spool."""
        with contextlib.ExitStack() as stack, _disk_errors():
            make_folder(self._root)
            file = stack.enter_context(tempfile.TemporaryFile(dir=self._root))
            file.write(data)
            file.seek(0)
            stack.pop_all()
            return file

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See Spool. Without a reservation there is only the folder."""
        room = self._reserved.room
        if room is None:
            self._files.put(key, data, content_type=content_type)
            return
        held = room.write(data)
        try:
            self._put_beside(room, key, data, content_type)
        except StorageUnavailable as error:
            if held is None:
                raise
            self._hold(key, held)
            _log.error("%s is held in an open file by this process only: %s", key, error.detail)

    def get(self, key: str) -> StoredImage:
        """See Spool."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                return held.read(key)
        return self._files.get(key)

    def delete(self, key: str) -> None:
        """See Spool."""
        self._release(key)
        self._files.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See Spool. First tries to write what is held."""
        if not self._held:
            return self._files.keys(prefix)
        self._write_held()
        with self._lock:
            held = {key for key in self._held if key.startswith(prefix)}
        try:
            return iter(sorted(held.union(self._files.keys(prefix))))
        except StorageUnavailable:
            if not held:
                raise
            return iter(sorted(held))

    def close(self) -> None:
        """Try once more to write what is held, which would be lost with the process."""
        self._write_held()
        with self._lock:
            for key in self._held:
                _log.critical("%s is lost: its folder can't be written", key)

    def _reserve(self) -> _Room:
        with contextlib.ExitStack() as stack, _disk_errors():
            make_folder(self._root)
            file = stack.enter_context(tempfile.TemporaryFile(dir=self._root, buffering=0))
            _allocate(file, ROOM_BYTES)
            stack.pop_all()
            return _Room(file)

    def _put_beside(self, room: _Room, key: str, data: bytes, content_type: str) -> None:
        """Write the file; on a full disk the rest of the room makes place for it."""
        try:
            self._files.put(key, data, content_type=content_type)
        except StorageUnavailable:
            room.file.truncate(room.used)
            self._files.put(key, data, content_type=content_type)
        room.release()

    def _hold(self, key: str, held: _HeldObject) -> None:
        with self._lock:
            self._release(key)
            held.room.holds += 1
            self._held[key] = held
            if not self._closes_at_exit:
                atexit.register(self.close)
                self._closes_at_exit = True

    def _release(self, key: str) -> None:
        with self._lock:
            held = self._held.pop(key, None)
            if held is not None:
                held.room.holds -= 1
                self._close_unless_used(held.room)

    def _close_unless_used(self, room: _Room) -> None:
        with self._lock:
            if not room.holds and not room.reserved:
                room.file.close()

    def _write_held(self) -> None:
        with self._lock:
            for key, held in list(self._held.items()):
                stored = held.read(key)
                with contextlib.suppress(StorageUnavailable):
                    self._files.put(key, stored.data, content_type=stored.content_type)
                    self._release(key)
                    _log.warning("%s was written to the spool at last", key)


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """Translate the errors of a disk, before anything is paid."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"spool: no room ({type(error).__name__}, errno {error.errno})",
            message="The server's disk is full or unusable. Nothing was charged.",
        ) from None


def _allocate(file: BinaryIO, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:  # macOS
        written = file.write(bytes(size))
        if written < size:  # a nearly full disk shortens a write before it refuses one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
