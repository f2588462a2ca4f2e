"""Tells who has a key."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.errors import Unauthorized
from app.models import ApiKey, Caller
from app.ports import Clock
from app.usecases.auth.key_format import hash_of, id_in


@dataclass(frozen=True)
class Authentication:
    """Lets in who has a live key.

    Attributes:
        lookup: returns the key of an id, or None; raises RecordsUnavailable. Calls its second
            argument before it asks for a key that it doesn't know.
        clock: tells whether the key is still good.
    """

    lookup: Callable[[str, Callable[[], None]], ApiKey | None]
    clock: Clock

    def __call__(self, text: str, before_asking: Callable[[], None] = lambda: None) -> Caller:
        """Return who has the key of this text.

        What `before_asking` raises keeps a key that isn't known yet from being looked up.

        Raises:
            Unauthorized: nobody has; only the log hears why.
            RecordsUnavailable: nobody can tell.
        """
        key_id = id_in(text)
        if key_id is None:
            raise Unauthorized("no key, or a malformed one")
        key = self.lookup(key_id, before_asking)
        if key is None:
            raise Unauthorized("unknown key")
        now = self.clock.now()
        if not _fits(key, hash_of(text), now):
            raise Unauthorized(f"wrong or replaced secret of key {key_id}")
        if not key.is_live(now):
            raise Unauthorized(f"revoked or expired key {key_id}")
        return key.caller


def _fits(key: ApiKey, given: str, now: datetime) -> bool:
    """Compare with both secrets, each in constant time."""
    fits_new = hmac.compare_digest(given, key.hash)
    fits_old = hmac.compare_digest(given, key.previous_hash)
    in_grace = key.previous_until is not None and now < key.previous_until
    return fits_new or (fits_old and in_grace)
