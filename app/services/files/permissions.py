"""Folders and files that only the user who runs the service can read, whatever the umask."""

import os
from pathlib import Path

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; one that is there keeps its mode."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:  # another process was faster, or it is a file
        if not folder.is_dir():
            raise
        return
    folder.chmod(PRIVATE_FOLDER)  # the umask may have taken too much of it


def open_new(path: Path) -> int:
    """Make a file that is not there yet; return its descriptor, open for writing."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
    os.fchmod(descriptor, PRIVATE_FILE)
    return descriptor
