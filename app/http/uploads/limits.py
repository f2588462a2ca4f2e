"""How much is received of requests that carry a file, and where to."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


class MemoryTurns:
    """Bounds the bytes that threads hold in memory; others wait for a turn, in their order.

    Args:
        total: the number of bytes. What is larger is held alone.
        seconds: how long a thread waits.
        error: creates the error for those that waited in vain.
    """

    def __init__(self, total: int, *, seconds: float, error: Callable[[], AppError]) -> None:
        self._total = self._free = total
        self._seconds = seconds
        self._error = error
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def __call__(self, size: int) -> Iterator[None]:
        """Hold this number of bytes within the block.

        Raises:
            AppError: no turn came in time.
        """
        size = min(size, self._total)
        self._acquire(size)
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()

    def _acquire(self, size: int) -> None:
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                if not self._changed.wait_for(
                    lambda: self._waiting[0] is turn and size <= self._free, self._seconds
                ):
                    raise self._error()
                self._free -= size
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()


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
