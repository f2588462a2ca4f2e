"""Authenticate callers by API key."""

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
    """Checks API keys.

    Args:
        lookup: returns the key with an id, or None; raises RecordsUnavailable. It calls its second
            argument before it reads a key from the repository that this process has not seen.
        clock: determines whether a key or its grace time has expired.
    """

    lookup: Callable[[str, Callable[[], None]], ApiKey | None]
    clock: Clock

    def __call__(self, text: str, before_lookup: Callable[[], None] = lambda: None) -> Caller:
        """Return the caller with this key.

        Args:
            text: the key, as it was sent.
            before_lookup: called before the repository is read for a key that this process has
                not seen. If it raises, the repository is not read.

        Raises:
            Unauthorized: the key is not valid; the detail, for the log only, says why.
            RecordsUnavailable: the keys can't be reached.
        """
        key_id = id_in(text)
        if key_id is None:
            raise Unauthorized("no key, or a malformed one")
        key = self.lookup(key_id, before_lookup)
        if key is None:
            raise Unauthorized("unknown key")
        now = self.clock.now()
        if not _matches(key, hash_of(text), now):
            raise Unauthorized(f"wrong or replaced secret of key {key_id}")
        if not key.is_live(now):
            raise Unauthorized(f"revoked or expired key {key_id}")
        return key.caller


def _matches(key: ApiKey, sent_hash: str, now: datetime) -> bool:
    """Compare with the current and the previous hash, both in constant time."""
    is_current = hmac.compare_digest(sent_hash, key.hash)
    is_previous = hmac.compare_digest(sent_hash, key.previous_hash)
    in_grace = key.previous_until is not None and now < key.previous_until
    return is_current or (is_previous and in_grace)
