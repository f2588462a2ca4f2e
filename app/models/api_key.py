"""API keys as they are stored, which never includes the secret itself."""

from dataclasses import dataclass
from datetime import datetime

from app.models.callers import Budget, Caller, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key, and what its caller may do.

    Times are UTC with whole milliseconds.

    Attributes:
        id: the public id, which is also that of the Caller; it stays when the secret is rotated.
        hash: the SHA-256 of the whole key text, in hex.
        previous_hash: that of the text before the last rotation, valid until `previous_until`.
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
