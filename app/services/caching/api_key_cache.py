"""Cache the API keys of an ApiKeyRepository for a few seconds."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from app.errors import RecordsUnavailable
from app.models import ApiKey
from app.ports import ApiKeyRepository, Clock
from app.services.caching.single_flight import SharedCall, SingleFlight

SECONDS = 5.0
"""The lifetime of an entry: after that, every process knows of a revocation."""
KEYS = 4096
"""The maximum number of cached keys, and of cached ids that belong to no key."""
REST_SECONDS = 1.0
"""The time without calls after a failure: each may block a thread for seconds."""

_Entry = tuple[float, ApiKey | None]  # when it was read, and the key, if there is one


class CachedApiKeys:
    """Reads each id from the repository at most once in `SECONDS`.

    Concurrent reads of an id are coalesced. Unknown ids are cached separately, so that invented
    ones evict no key. After a failure all ids are refused for `REST_SECONDS`; then one thread tries
    again, while the others are still refused.
    """

    def __init__(self, repository: ApiKeyRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._reads: SingleFlight[_Entry] = SingleFlight()
        self._found: OrderedDict[str, _Entry] = OrderedDict()
        self._absent: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._rest_until: float | None = None  # None while the repository responds

    def get(self, key_id: str, before_reading: Callable[[], None] = lambda: None) -> ApiKey | None:
        """Return the key, live or not, or None, as of the last `SECONDS`.

        Args:
            key_id: the public part of a key.
            before_reading: called before the repository is read for an id that is not known to
                belong to a key. If it raises, nothing is read.

        Raises:
            RecordsUnavailable: the repository is unreachable, or was a moment ago.
        """
        entry = self._cached(key_id)
        if entry is None:
            if key_id not in self._found:
                before_reading()
            entry = self._reads.run((key_id, "key"), self._read)
        return entry[1]

    def _cached(self, key_id: str) -> _Entry | None:
        entry = self._found.get(key_id) or self._absent.get(key_id)
        return entry if entry and self._clock.monotonic() - entry[0] < SECONDS else None

    def _read(self, call: SharedCall[_Entry]) -> _Entry:
        key_id = call.key[0]
        # Another thread may have read it since this one looked.
        return self._cached(key_id) or self._store(key_id, self._clock.monotonic())

    def _store(self, key_id: str, read_at: float) -> _Entry:
        entry = read_at, self._read_repository(key_id)
        entries, others = (self._found, self._absent) if entry[1] else (self._absent, self._found)
        with self._lock:
            others.pop(key_id, None)
            entries[key_id] = entry
            entries.move_to_end(key_id)
            if len(entries) > KEYS:
                entries.popitem(last=False)
        return entry

    def _read_repository(self, key_id: str) -> ApiKey | None:
        self._respect_rest()
        try:
            key = self._repository.get(key_id)
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
                raise RecordsUnavailable("the API keys were unavailable a moment ago")
            self._rest_until = now + REST_SECONDS  # only this thread tries again
