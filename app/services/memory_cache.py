"""The Cache port in this process's memory: what is used where there is no Redis."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class _Entry:
    value: bytes
    expires: float


class MemoryCache:
    """Keeps the values that were used last.

    Args:
        max_bytes: sum of the values' sizes.
        ttl_seconds: how long a value is kept. It bounds how long another worker process, which
            does not hear of a deletion, may still serve a deleted picture.
    """

    def __init__(self, *, max_bytes: int, ttl_seconds: float) -> None:
        self._max_bytes = max_bytes
        self._ttl_seconds = ttl_seconds
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.expires < time.monotonic():
                self._forget(key)
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: str, value: bytes) -> None:
        """See Cache."""
        with self._lock:
            self._forget(key)
            if len(value) > self._max_bytes:
                return
            self._entries[key] = _Entry(value, time.monotonic() + self._ttl_seconds)
            self._bytes += len(value)
            while self._bytes > self._max_bytes:
                self._forget(next(iter(self._entries)))

    def delete(self, key: str) -> None:
        """See Cache."""
        with self._lock:
            self._forget(key)

    def is_up(self) -> bool:
        """See Cache."""
        return True

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.value)
