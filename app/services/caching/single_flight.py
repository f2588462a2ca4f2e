"""Coalesce concurrent calls with equal keys."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.ports import UNLIMITED

T = TypeVar("T")
Key = tuple[str, str]


@dataclass(eq=False, slots=True)
class SharedCall(Generic[T]):
    """A call in progress.

    Attributes:
        key: the id of an object, and a name.
        joined: completed with the result, if other threads have joined the call.
    """

    key: Key
    joined: Future[T] | None = None


class SingleFlight(Generic[T]):
    """Runs one call per key at a time, whose outcome all callers share.

    A call that was cancelled still returns its result to the callers that have joined it. No
    caller joins it afterwards, and `keep` ignores its result.

    Args:
        joining: entered by each caller that waits for a running call, to bound their number.
    """

    def __init__(self, joining: AbstractContextManager[object] = UNLIMITED) -> None:
        self._joining = joining
        self._lock = threading.Lock()
        self._calls: dict[Key, SharedCall[T]] = {}

    def run(self, key: Key, work: Callable[[SharedCall[T]], T]) -> T:
        """Return the result of `work`, or of a running call with this key.

        An exception is raised in all threads that share the call.

        Raises:
            AppError: too many callers wait already.
        """
        with self._lock:
            running = self._calls.get(key)
            if running is None:
                call = self._calls[key] = SharedCall(key)
            else:
                joined = running.joined = running.joined or Future()
        if running is not None:
            with self._joining:
                return joined.result()
        try:
            result = work(call)
        except BaseException as error:  # reason: the threads that joined must not wait forever
            if (waiting := self._end(call)) is not None:
                waiting.set_exception(error)
            raise
        if (waiting := self._end(call)) is not None:
            waiting.set_result(result)
        return result

    def keep(self, call: SharedCall[T], store: Callable[[], None]) -> bool:
        """Run `store` unless the call was cancelled; return whether it ran."""
        with self._lock:
            if self._calls.get(call.key) is not call:
                return False
            store()
            return True

    def cancel(self, object_id: str, forget: Callable[[], None]) -> None:
        """Cancel all calls for an object, and run `forget` atomically with that."""
        with self._lock:
            for key in [key for key in self._calls if key[0] == object_id]:
                del self._calls[key]
            forget()

    def _end(self, call: SharedCall[T]) -> Future[T] | None:
        """Close the call to other threads; return the future of those that joined."""
        with self._lock:
            if self._calls.get(call.key) is call:
                del self._calls[call.key]
            return call.joined
