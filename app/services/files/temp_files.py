"""The TempFiles port (files left incomplete by a crashed process), and files for uploads."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from app.errors import StorageUnavailable
from app.services.files.permissions import make_folder


class LocalTempFiles:
    """Finds incomplete files in the folders; names start with a folder's name."""

    def __init__(self, *folders: Path) -> None:
        self._folders = {folder.name: folder for folder in folders}

    def older_than(self, time: datetime) -> Iterator[str]:
        """See TempFiles."""
        try:
            for name, folder in self._folders.items():
                for entry in _files(folder):
                    if _is_temporary(entry.name) and _modified(entry) < time.timestamp():
                        yield f"{name}/{Path(entry.path).relative_to(folder).as_posix()}"
        except OSError as error:
            raise _unavailable(error) from None

    def remove(self, name: str) -> None:
        """See TempFiles."""
        folder, _, rest = name.partition("/")
        try:
            (self._folders[folder] / rest).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from None


def _files(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """Yield all files below a folder, without holding all names in memory."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path))
                else:
                    yield entry
    except FileNotFoundError:
        return


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def _modified(entry: "os.DirEntry[str]") -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:  # finished or removed in the meantime
        return float("inf")


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"files: {type(error).__name__} (errno {error.errno})")


class UploadFiles:
    """Opens files without a name, which vanish when they are closed or the process ends.

    Args:
        folder: the folder on whose file system they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> BinaryIO:
        """Return a new file, open for reading and writing.

        Raises:
            StorageUnavailable: the disk is full or fails.
        """
        try:
            make_folder(self._folder)
            return cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))
        except OSError as error:
            raise StorageUnavailable(f"no temporary file: {error.strerror}") from None
