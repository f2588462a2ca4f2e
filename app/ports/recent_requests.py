"""Port for the idempotency keys of recent requests that sent none."""

from datetime import datetime
from typing import Protocol


class RecentRequests(Protocol):
    """Keeps an idempotency key for each kind of request, until a time.

    A digest identifies the caller, the route and the body of a request. Both methods raise
    RecordsUnavailable if the store is unreachable or refuses access.
    """

    def join(self, digest: str, new_key: str, *, now: datetime, until: datetime) -> str:
        """Return the key of the digest, or store a new one if there is none or it has expired.

        Of concurrent calls from any number of threads, processes and servers, all return the same
        key.

        Args:
            digest: identifies the request.
            new_key: the key to store.
            now: the time; a key whose time is not after it has expired.
            until: when the new key expires.
        """

    def replace(self, digest: str, key: str, *, now: datetime, until: datetime) -> None:
        """Store the key of the digest in place of an earlier one."""
