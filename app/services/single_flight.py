"""One thread works for all that ask for the same thing at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Flight(Generic[T]):
    """Work under way, and who waits for it."""

    key: Key
    result: Future[T] = field(default_factory=Future)


class SingleFlight(Generic[T]):
    """Runs work under a key of a picture's id and a name, once at a time.

    Work that is called off ends as it would have, for those who wait for it already; but nobody
    joins it any more, and what it found is not kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Key, Flight[T]] = {}

    def run(self, key: Key, work: Callable[[Flight[T]], T]) -> T:
        """Return what `work` returns, or what another thread's does that runs already.

        Whatever it raises is raised in all of these threads.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                mine = self._flights[key] = Flight(key)
        if flight is not None:
            return flight.result.result()
        try:
            result = work(mine)
        except BaseException as error:
            self._end(mine)
            mine.result.set_exception(error)
            raise
        self._end(mine)
        mine.result.set_result(result)
        return result

    def keep(self, flight: Flight[T], remember: Callable[[], None]) -> bool:
        """Call `remember`, unless the flight was called off; tell whether it was called."""
        with self._lock:
            if self._flights.get(flight.key) is not flight:
                return False
            remember()
            return True

    def call_off(self, image_id: str, forget: Callable[[], None]) -> None:
        """Call off all work for that picture, and call `forget` in the same moment."""
        with self._lock:
            for key in [key for key in self._flights if key[0] == image_id]:
                del self._flights[key]
            forget()

    def _end(self, flight: Flight[T]) -> None:
        with self._lock:
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
