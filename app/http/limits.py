"""How much one process takes on at once."""

import threading
from types import TracebackType

from app.errors import ServiceBusy

MAX_BODY_BYTES = 64 * 1024


class InFlight:
    """Lets `limit` callers in at a time and refuses the others at once, without queueing.

    The server has a few threads more than that, so health checks never wait behind generations.
    """

    def __init__(self, limit: int) -> None:
        self._slots = threading.BoundedSemaphore(limit)

    def __enter__(self) -> None:
        if not self._slots.acquire(blocking=False):
            raise ServiceBusy("generations in flight are at their limit")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._slots.release()
