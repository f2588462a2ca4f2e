"""Remembers for a moment what a ApiKeyRepository told."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from app.errors import RecordsUnavailable
from app.models import ApiKey
from app.ports import ApiKeyRepository, Clock
from app.services.caching.single_flight import SharedCall, SingleFlight

SECONDS = 5.0
"""How long an answer is good: by then every process knows of a revocation."""
KEYS = 4096
"""How many keys are remembered, and apart from them how many ids that are nobody's."""
REST_SECONDS = 1.0
"""How long a ring that failed is left alone: each question may hold a thread for seconds."""

_Reported = tuple[float, ApiKey | None]


class CachedApiKeys:
    """Asks the ring for an id once at a time, and once in `SECONDS`, found or not.

    Invented ids are remembered apart, so that they push out no key. That the ring failed is
    remembered for `REST_SECONDS`, for all ids; then one thread tries again, while others are
    still refused at once.
    """

    def __init__(self, ring: ApiKeyRepository, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self._flights: SingleFlight[_Reported] = SingleFlight()
        self._found: OrderedDict[str, _Reported] = OrderedDict()
        self._absent: OrderedDict[str, _Reported] = OrderedDict()
        self._lock = threading.Lock()
        self._rest_until: float | None = None  # None as long as the ring answers

    def get(self, key_id: str, before_asking: Callable[[], None] = lambda: None) -> ApiKey | None:
        """Return the key, live or not, or None, as it was within the last `SECONDS`.

        Args:
            key_id: the public part of a key.
            before_asking: called before the ring is asked for an id that it had no key for, or
                wasn't asked for yet; what it raises is raised here, and nothing is asked.

        Raises:
            RecordsUnavailable: nobody can tell.
        """
        reported = self._remembered(key_id)
        if reported is None:
            if key_id not in self._found:
                before_asking()
            reported = self._flights.run((key_id, "key"), self._ask)
        return reported[1]

    def _remembered(self, key_id: str) -> _Reported | None:
        reported = self._found.get(key_id) or self._absent.get(key_id)
        return reported if reported and self._clock.monotonic() - reported[0] < SECONDS else None

    def _ask(self, flight: SharedCall[_Reported]) -> _Reported:
        key_id = flight.key[0]
        # Another thread may have come back with it after this one looked.
        return self._remembered(key_id) or self._keep(key_id, self._clock.monotonic())

    def _keep(self, key_id: str, asked_at: float) -> _Reported:
        reported = asked_at, self._ask_ring(key_id)
        memory, other = (self._found, self._absent) if reported[1] else (self._absent, self._found)
        with self._lock:
            other.pop(key_id, None)
            memory[key_id] = reported
            memory.move_to_end(key_id)
            if len(memory) > KEYS:
                memory.popitem(last=False)
        return reported

    def _ask_ring(self, key_id: str) -> ApiKey | None:
        self._respect_rest()
        try:
            key = self._ring.get(key_id)
        except RecordsUnavailable:
            self._rest_until = self._clock.monotonic() + REST_SECONDS
            raise
        self._rest_until = None
        return key

    def _respect_rest(self) -> None:
        with self._lock:
            if self._rest_until is None:
                return
            now = self._clock.monotonic()
            if now < self._rest_until:
                raise RecordsUnavailable("the keys could not be asked a moment ago")
            self._rest_until = now + REST_SECONDS  # this thread tries; the others need not
