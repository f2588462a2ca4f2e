"""API keys, as they are kept: never the secret itself."""

from dataclasses import dataclass
from datetime import datetime

from app.models.callers import Budget, Caller, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key, and what who has it may do.

    `id` is public and is what the Caller is known by; it stays when the secret is rotated.
    `hash` is the SHA-256 of the key's whole text in hex. `previous_hash` is that of the text
    before the last rotation, good until `previous_until`. Times are UTC with whole milliseconds.
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
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def caller(self) -> Caller:
        """Who has this key."""
        return Caller(
            id=self.id, name=self.name, scopes=self.scopes, rate=self.rate, budget=self.budget
        )
