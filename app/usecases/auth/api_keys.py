"""Create, list, revoke and rotate API keys."""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta

from app.models import ApiKey, Budget, Scope
from app.ports import ApiKeyRepository, Clock
from app.usecases.auth.key_format import hash_of, new_id, new_text

_NAME = re.compile(r"[A-Za-z0-9][\w.@-]{0,63}", re.ASCII)
_MAX_TRIES = 3


class ApiKeyRejected(Exception):
    """An API key can't be created or changed; the text says why."""


@dataclass(frozen=True, kw_only=True)
class NewApiKey:
    """A new API key and its text, which is not stored anywhere."""

    key: ApiKey
    text: str

    def __repr__(self) -> str:
        return f"NewApiKey({self.key.id})"


@dataclass(frozen=True)
class ApiKeys:
    """Manages the API keys of all callers."""

    repository: ApiKeyRepository
    clock: Clock

    def create(
        self,
        name: str,
        *,
        scopes: Set[Scope],
        rate: str = "",
        budget: Budget | None = None,
        lifetime: timedelta | None = None,
    ) -> NewApiKey:
        """Create a key that is valid for its lifetime, or until it is revoked.

        Args:
            name: the caller's name in commands and logs, unique among all keys.
            scopes: the permissions of the caller.
            rate: the caller's own rate limit, such as `30/minute`; "" for the default.
            budget: the caller's own budget, if any.
            lifetime: the time until the key expires; None if it does not.

        Raises:
            ApiKeyRejected: the name is malformed, is the id of another key, or is taken, even by
                a revoked key.
            RecordsUnavailable: the keys can't be reached.
        """
        self._check_name(name)
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
        if not self.repository.insert(key):
            raise ApiKeyRejected(f"A key named {name} has just been created. Choose another name.")
        return NewApiKey(key=key, text=text)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first.

        Raises:
            RecordsUnavailable: the keys can't be reached.
        """
        return self.repository.list()

    def find(self, name_or_id: str) -> ApiKey:
        """Return the key with this name or id.

        Raises:
            ApiKeyRejected: there is no such key.
            RecordsUnavailable: the keys can't be reached.
        """
        key = self.repository.find(name_or_id) or self.repository.get(name_or_id)
        if key is None:
            raise ApiKeyRejected(f"No key has the name or id {name_or_id}.")
        return key

    def revoke(self, name_or_id: str) -> ApiKey:
        """Revoke a key; a key that is already revoked stays unchanged.

        Raises:
            ApiKeyRejected: there is no such key.
            RecordsUnavailable: the keys can't be reached.
        """

        def revoked(key: ApiKey) -> ApiKey:
            return replace(key, revoked_at=key.revoked_at or self.clock.now())

        return self._change(name_or_id, revoked)

    def rotate(self, name_or_id: str, *, grace: timedelta) -> NewApiKey:
        """Give a key a new secret; the old one is valid for the grace time.

        A secret that was replaced earlier becomes invalid, even within its own grace time.

        Raises:
            ApiKeyRejected: there is no such key, or it is revoked or expired.
            RecordsUnavailable: the keys can't be reached.
        """
        text = ""

        def rotated(key: ApiKey) -> ApiKey:
            nonlocal text
            now = self.clock.now()
            if not key.is_live(now):
                raise ApiKeyRejected(f"The key {key.name} is revoked or expired. Create a new one.")
            text = new_text(key.id)
            return replace(
                key, hash=hash_of(text), previous_hash=key.hash, previous_until=now + grace
            )

        return NewApiKey(key=self._change(name_or_id, rotated), text=text)

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ApiKeyRejected(
                "NAME can have at most 64 letters, digits and . _ - @, and must begin with a "
                "letter or a digit."
            )
        if self.repository.find(name):
            raise ApiKeyRejected(f"There is already a key named {name}. Choose another name.")
        if self.repository.get(name):  # revoking that key by its id would revoke this one
            raise ApiKeyRejected(f"{name} is the id of another key. Choose another name.")

    def _change(self, name_or_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """Change a key; retry if another process changes it first."""
        for _ in range(_MAX_TRIES):
            key = self.find(name_or_id)
            changed = change(key)
            if self.repository.compare_and_swap(key, changed):
                return changed
        raise ApiKeyRejected("The key is being changed by other processes. Try again.")
