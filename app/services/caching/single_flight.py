"""One thread works for all that ask for the same thing at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[str, str]


@dataclass(eq=False, slots=True)
class SharedCall(Generic[T]):
    """Work under way; `awaited` is what others wait for, once there are any."""

    key: Key
    awaited: Future[T] | None = None


class SingleFlight(Generic[T]):
    """Runs work under a key of an image's id and a name, once at a time.

    Work that is called off ends as it would have, for those who wait for it already; but nobody
    joins it any more, and what it found is not kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Key, SharedCall[T]] = {}

    def run(self, key: Key, work: Callable[[SharedCall[T]], T]) -> T:
        """Return what `work` returns, or what another thread's does that runs already.

        Whatever it raises is raised in all of these threads.
        """
        with self._lock:
            theirs = self._flights.get(key)
            if theirs is None:
                mine = self._flights[key] = SharedCall(key)
            else:
                awaited = theirs.awaited = theirs.awaited or Future()
        if theirs is not None:
            return awaited.result()
        try:
            result = work(mine)
        except BaseException as error:  # reason: whatever it was, others wait for the end
            if (others := self._end(mine)) is not None:
                others.set_exception(error)
            raise
        if (others := self._end(mine)) is not None:
            others.set_result(result)
        return result

    def keep(self, flight: SharedCall[T], remember: Callable[[], None]) -> bool:
        """Call `remember`, unless the flight was called off; tell whether it was called."""
        with self._lock:
            if self._flights.get(flight.key) is not flight:
                return False
            remember()
            return True

    def call_off(self, image_id: str, forget: Callable[[], None]) -> None:
        """Call off all work for that image, and call `forget` in the same moment."""
        with self._lock:
            for key in [key for key in self._flights if key[0] == image_id]:
                del self._flights[key]
            forget()

    def _end(self, flight: SharedCall[T]) -> Future[T] | None:
        """Let nobody join any more; return what those wait for who did."""
        with self._lock:
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
            return flight.awaited
