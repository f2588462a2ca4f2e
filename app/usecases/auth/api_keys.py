"""Makes, lists, revokes and rotates API keys."""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta

from app.models import ApiKey, Budget, Scope
from app.ports import ApiKeyRepository, Clock
from app.usecases.auth.key_format import hash_of, new_id, new_text

_NAME = re.compile(r"[A-Za-z0-9][\w.@-]{0,63}", re.ASCII)
_TRIES = 3


class ApiKeyRejected(Exception):
    """It can't be done; the text says why, for the operator."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key whose text is known just now, and never again."""

    key: ApiKey
    text: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.id})"


@dataclass(frozen=True)
class ApiKeys:
    """The keys of all callers."""

    ring: ApiKeyRepository
    clock: Clock

    def create(
        self,
        name: str,
        *,
        scopes: Set[Scope],
        rate: str = "",
        budget: Budget | None = None,
        lifetime: timedelta | None = None,
    ) -> NewKey:
        """Make a key, good for its lifetime or until it is revoked.

        Raises:
            ApiKeyRejected: the name is taken, even if by a revoked key, or is the id of another
                key, or can't be one.
            RecordsUnavailable: the keys can't be reached.
        """
        if not _NAME.fullmatch(name):
            raise ApiKeyRejected(
                "NAME has to be of at most 64 letters, digits and . _ - @, a letter or digit first."
            )
        if self.ring.find(name):
            raise ApiKeyRejected(f"There is a key of the name {name} already.")
        if self.ring.get(name):  # who means that key by its id would revoke this one
            raise ApiKeyRejected(f"{name} is the id of another key.")
        key_id, now = new_id(), self.clock.now()
        text = new_text(key_id)
        key = ApiKey(
            id=key_id,
            name=name,
            scopes=frozenset(scopes),
            rate=rate,
            budget=budget,
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
            hash=hash_of(text),
        )
        if not self.ring.insert(key):
            raise ApiKeyRejected(f"Another key of the name {name} was made just now.")
        return NewKey(key=key, text=text)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first.

        Raises:
            RecordsUnavailable: the keys can't be reached.
        """
        return self.ring.list()

    def find(self, name_or_id: str) -> ApiKey:
        """Return the key.

        Raises:
            ApiKeyRejected: there is no such key.
            RecordsUnavailable: the keys can't be reached.
        """
        key = self.ring.find(name_or_id) or self.ring.get(name_or_id)
        if key is None:
            raise ApiKeyRejected(f"There is no key of the name or id {name_or_id}.")
        return key

    def revoke(self, name_or_id: str) -> ApiKey:
        """Let nobody in with this key any more; one that is revoked stays as it is.

        Raises:
            ApiKeyRejected: there is no such key.
            RecordsUnavailable: the keys can't be reached.
        """

        def revoked(key: ApiKey) -> ApiKey:
            return replace(key, revoked_at=key.revoked_at or self.clock.now())

        return self._change(name_or_id, revoked)

    def rotate(self, name_or_id: str, *, grace: timedelta) -> NewKey:
        """Give the key a new secret; the one before it is good for the grace time.

        One that was replaced earlier is good no longer, whatever its grace time was.

        Raises:
            ApiKeyRejected: there is no such key, or it isn't live any more.
            RecordsUnavailable: the keys can't be reached.
        """
        text = ""

        def rotated(key: ApiKey) -> ApiKey:
            nonlocal text
            now = self.clock.now()
            if not key.is_live(now):
                raise ApiKeyRejected(f"The key {key.name} is revoked or expired: make another one.")
            text = new_text(key.id)
            return replace(
                key, hash=hash_of(text), previous_hash=key.hash, previous_until=now + grace
            )

        return NewKey(key=self._change(name_or_id, rotated), text=text)

    def _change(self, name_or_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """Exchange the key for what it is to become, anew if others change it meanwhile."""
        for _ in range(_TRIES):
            key = self.find(name_or_id)
            changed = change(key)
            if self.ring.compare_and_swap(key, changed):
                return changed
        raise ApiKeyRejected("Others are changing this key at the same time: try again.")
