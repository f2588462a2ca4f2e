"""API keys as they are stored, which never includes the secret itself."""

from dataclasses import dataclass
from datetime import datetime

from app.models.callers import Budget, Caller, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key and the permissions of its caller.

    Times are UTC with whole milliseconds.

    Attributes:
        id: the public id, which is also the caller's id. Rotating the secret keeps it.
        hash: the SHA-256 of the complete key, in hex.
        previous_hash: the hash before the last rotation, accepted until `previous_until`; "" if
            there is none.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: str = ""
    budget: Budget | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    hash: str
    previous_hash: str = ""
    previous_until: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def caller(self) -> Caller:
        """The caller that this key authenticates."""
        return Caller(
            id=self.id, name=self.name, scopes=self.scopes, rate=self.rate, budget=self.budget
        )
