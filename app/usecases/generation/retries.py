"""Recognize retries of requests that have no Idempotency-Key.

Some clients repeat a request without a key of their own. The service then makes up a key, and
remembers it for a while by caller, route and body.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ports import Clock, RecentRequests


def digest_of(caller_id: str, route: str, body: object) -> str:
    """Return what equal requests have in common: a SHA-256 in hex.

    Args:
        caller_id: the id of the caller; "" without API keys.
        route: the route, or the name of a tool.
        body: JSON values; the order of an object's members does not matter.
    """
    canonical = json.dumps([caller_id, route, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RequestKeys:
    """Makes idempotency keys for requests that have none.

    Both methods raise RecordsUnavailable if the keys are unreachable.

    Args:
        recent: the keys of recent requests.
        clock: the clock that all servers of the store share.
    """

    recent: RecentRequests
    clock: Clock

    def join(self, digest: str, new_key: str = "", *, seconds: float) -> str:
        """Return the key of an equal recent request, or else a new one for those to come.

        Args:
            digest: see `digest_of`.
            new_key: the new key; by default a random one.
            seconds: how long the new key is remembered.
        """
        now, until = self._period(seconds)
        return self.recent.join(digest, new_key or _random_key(), now=now, until=until)

    def replace(self, digest: str, key: str = "", *, seconds: float) -> str:
        """Return a new key, which equal requests to come will join."""
        now, until = self._period(seconds)
        key = key or _random_key()
        self.recent.replace(digest, key, now=now, until=until)
        return key

    def _period(self, seconds: float) -> tuple[datetime, datetime]:
        now = self.clock.now()
        return now, now + timedelta(seconds=seconds)


def _random_key() -> str:
    return uuid.uuid4().hex
