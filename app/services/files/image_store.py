"""The ImageStore port on files, used without a bucket."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage, object_keys
from app.services.files.permissions import make_folder, open_new

_EXTENSIONS = tuple(f".{extension}" for extension in sorted(object_keys.STORED_EXTENSIONS))
_HEX_DIGITS = "0123456789abcdef"  # first characters of names; incomplete files start with a dot


class LocalImageStore:
    """Keeps each object as a file under `root`.

    A file appears under its name only when it is complete and on disk: it is written under another
    name, flushed and renamed, and the folder is flushed too. A crash leaves the old state or the
    new one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: bytes, *, content_type: str) -> None:  # noqa: ARG002 - reason: part of the port
        """See ImageStore. The key's extension implies the content type."""
        path = self._root / key
        try:
            make_folder(path.parent)
            _write_durably(path, data)
        except OSError as error:
            raise _unavailable(error) from None

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        # By descriptor, for speed: every cache miss reads here.
        try:
            descriptor = os.open(f"{self._root}/{key}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                status = os.fstat(descriptor)
                data = _read(descriptor, status.st_size)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise ImageNotFound(key) from None
        except OSError as error:
            raise _unavailable(error) from None
        return StoredImage(
            data=data,
            content_type=object_keys.content_type_of(key),
            modified=datetime.fromtimestamp(int(status.st_mtime), UTC),
        )

    def delete(self, key: str) -> None:
        """See ImageStore."""
        path = self._root / key
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from None

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore. A sixteenth of the folder is sorted in memory at a time.

        A name up to its dot is looked up by all known extensions, because listing a folder of a
        million files takes a second.
        """
        folder, _, start = prefix.rpartition("/")
        try:
            if start.endswith("."):
                names = [start[:-1] + extension for extension in _EXTENSIONS]
                yield from (
                    f"{folder}/{name}" for name in names if _exists(self._root / folder / name)
                )
                return
            for digit in [start[0]] if start else _HEX_DIGITS:
                names = _names(self._root / folder, start or digit)
                yield from (f"{folder}/{name}" for name in names)
        except OSError as error:
            raise _unavailable(error) from None

    def public_url(self, key: str) -> str | None:  # noqa: ARG002 - reason: part of the port
        """See ImageStore. Only this service can serve the files."""
        return None

    def link(self, key: str) -> str:  # noqa: ARG002 - reason: part of the port
        """See ImageStore. Settings that need this are refused at the start."""
        raise StorageUnavailable("files have no URL of their own")

    def ping(self) -> None:
        """See ImageStore. Checks that a file can be created."""
        probe = self._root / f".ping-{uuid.uuid4().hex}"
        try:
            make_folder(self._root)
            os.close(open_new(probe))
            probe.unlink()
        except OSError as error:
            raise _unavailable(error) from None


def _read(descriptor: int, size: int) -> bytes:
    """Read the whole file, usually with one call.

    A read of the full size needs no second call to find the end.
    """
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    with open(descriptor, "rb", closefd=False) as rest:
        return data + rest.read()


def _names(folder: Path, start: str) -> list[str]:
    """Return the sorted names of complete files that start with `start`."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name.startswith(start))
    except FileNotFoundError:
        return []


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _write_durably(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with os.fdopen(open_new(temporary), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Flush the folder, which makes the rename durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"files: {type(error).__name__} (errno {error.errno})")
