"""How much is received of requests that carry a file, and where to."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from flask import Flask, current_app

from app.errors import AppError, RequestTooLarge
from app.http.uploads.key_check import KeyCheck

MAX_CONCURRENT_UPLOADS = 32
"""How many files a process receives at the same time, and how many received ones it keeps."""

_KEY = "app.uploads"  # in the application's extensions
_OTHER_PARTS_BYTES = 1536 * 1024  # a mask of 1 MB, and all other fields of a form


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """The size of uploaded files, and how they are kept until the request ends.

    Attributes:
        max_file_bytes: the maximum size of a file.
        open_file: opens a temporary file on disk, which has no name; raises StorageUnavailable.
        places: bounds how many files are kept at the same time.
        key_check: checks API keys before the body has arrived; None if none are required.
    """

    max_file_bytes: int
    open_file: Callable[[], BinaryIO]
    places: AbstractContextManager[object]
    key_check: KeyCheck | None = None

    @property
    def max_body_bytes(self) -> int:
        """The maximum size of a body with a file."""
        return self.max_file_bytes + _OTHER_PARTS_BYTES

    def too_large(self) -> RequestTooLarge:
        """Return the error for a larger file."""
        mebibytes = self.max_file_bytes / 1024 / 1024
        return RequestTooLarge(
            message=f"The file is larger than {mebibytes:g} MiB. Send a smaller one."
        )


class Turns:
    """Context manager that bounds how many threads do the same work; others wait for a turn.

    Args:
        count: the number of threads.
        seconds: how long a thread waits.
        error: creates the error for those that waited in vain.
    """

    def __init__(self, count: int, *, seconds: float, error: Callable[[], AppError]) -> None:
        self._free = threading.Semaphore(count)
        self._seconds = seconds
        self._error = error

    def __enter__(self) -> None:
        if not self._free.acquire(timeout=self._seconds):
            raise self._error()

    def __exit__(self, *_: object) -> None:
        self._free.release()


def register(app: Flask, limits: UploadLimits) -> None:
    """Set the limits of the app's uploads."""
    app.extensions[_KEY] = limits


def limits_of(app: Flask) -> UploadLimits:
    """Return the limits of an app's uploads."""
    limits: UploadLimits = app.extensions[_KEY]
    return limits


def current_limits() -> UploadLimits:
    """Return the limits of the current app."""
    return limits_of(current_app)
