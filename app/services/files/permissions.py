"""Folders and files for the service's user only, whatever the umask."""

import contextlib
import os
from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Create a folder and its parents; an existing one keeps its mode."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=_FOLDER_MODE)
    except FileExistsError:  # another process created it, or it is a file
        if not folder.is_dir():
            raise
        return
    folder.chmod(_FOLDER_MODE)  # the umask may have removed some of the mode


def open_new(path: Path) -> int:
    """Create a new file; return its descriptor, open for writing.

    Raises:
        FileExistsError: it exists.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _FILE_MODE)
    os.fchmod(descriptor, _FILE_MODE)
    return descriptor


def make_file(path: Path) -> None:
    """Create an empty file and its missing folders, unless it exists.

    Used for databases, because SQLite gives its journals the mode of the file.
    """
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(open_new(path))
