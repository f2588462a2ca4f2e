"""The port to stored API keys."""

from collections.abc import Sequence
from typing import Protocol

from app.models import ApiKey


class ApiKeyRepository(Protocol):
    """Stores API keys.

    Every method raises RecordsUnavailable if the store is unreachable or refuses access.
    """

    def insert(self, key: ApiKey) -> bool:
        """Add a new key; return False, and change nothing, if its id or its name is taken."""

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """Replace the key if its hash and revocation equal those of `old`; else return False."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key, live or not, or None."""

    def find(self, name: str) -> ApiKey | None:
        """Return the key with this name, live or not, or None."""

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first, and by id among equal times."""
