"""The first level of the image cache: this process's memory."""

import threading
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

ENTRY_BYTES = 1024
"""Overhead of an entry in addition to its value (keys, objects, links), rounded up."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    value: T
    size: int
    expires: float


class MemoryCache(Generic[T]):
    """Keeps the most recently used values.

    Args:
        max_bytes: the limit of the sum of the values' sizes and of `ENTRY_BYTES` for each.
        ttl_seconds: how long a value is kept. A worker process does not learn of deletions in
            another one, so this limits how long it may still serve a deleted image.
    """

    def __init__(self, *, max_bytes: int, ttl_seconds: float) -> None:
        self._max_bytes = max_bytes
        self._ttl_seconds = ttl_seconds
        self._entries: OrderedDict[tuple[str, str], _Entry[T]] = OrderedDict()
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, image_id: str, name: str) -> T | None:
        """Return the value, or None."""
        key = (image_id, name)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.expires < time.monotonic():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, image_id: str, name: str, value: T, *, size: int) -> None:
        """Keep a value of this size in bytes, unless it alone exceeds the limit."""
        key, size = (image_id, name), size + ENTRY_BYTES
        with self._lock:
            self._drop(key)
            if size > self._max_bytes:
                return
            self._entries[key] = _Entry(value, size, time.monotonic() + self._ttl_seconds)
            self._names[image_id].add(name)
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def forget(self, image_id: str) -> None:
        """Drop all values of an image."""
        with self._lock:
            for name in tuple(self._names.get(image_id, ())):
                self._drop((image_id, name))

    def _drop(self, key: tuple[str, str]) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._bytes -= entry.size
        image_id, name = key
        self._names[image_id].discard(name)
        if not self._names[image_id]:
            del self._names[image_id]
