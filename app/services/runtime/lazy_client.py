"""Clients that are created at their first use."""

import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """A client that holds connections."""

    def close(self) -> None:
        """Close the connections."""


T = TypeVar("T", bound=Closable)


class LazyClient(Generic[T]):
    """A client that is created at its first use, once per process.

    Startup therefore stays fast and does not depend on external services, and forked workers never
    share a connection.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._created: tuple[int, T] | None = None

    def __call__(self) -> T:
        """Return the client of this process."""
        created = self._created
        if created is not None and created[0] == os.getpid():
            return created[1]
        with self._lock:
            if self._created is None or self._created[0] != os.getpid():
                self._created = (os.getpid(), self._make())
            return self._created[1]

    def close(self) -> None:
        """Close the client of this process; the next use creates another."""
        with self._lock:
            created, self._created = self._created, None
        if created is not None and created[0] == os.getpid():
            created[1].close()
