"""Port for stored API keys."""

from collections.abc import Sequence
from typing import Protocol

from app.models import ApiKey


class ApiKeyRepository(Protocol):
    """Stores API keys.

    Every method raises RecordsUnavailable if the store is unreachable or refuses access.
    """

    def insert(self, key: ApiKey) -> bool:
        """Add a new key; return False if its id or name is already in use."""

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """Replace the key if it still has the hash and revocation of `old`.

        Returns:
            Whether the key was replaced.
        """

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key, live or not, or None."""

    def find(self, name: str) -> ApiKey | None:
        """Return the key with this name, live or not, or None."""

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first; keys of the same time by id."""
