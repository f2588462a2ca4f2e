"""What knows who may call."""

from collections.abc import Sequence
from typing import Protocol

from app.models import ApiKey


class ApiKeyRepository(Protocol):
    """Keeps API keys.

    Every method raises RecordsUnavailable when the store can't be reached or refuses us.
    """

    def insert(self, key: ApiKey) -> bool:
        """Add a new key; False, and nothing is done, if its id or its name is taken."""

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """Write the key anew if its hash and revocation are still those of `old`; else False."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key, live or not, or None."""

    def find(self, name: str) -> ApiKey | None:
        """Return the key of this name, live or not, or None."""

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first and by id where times are equal."""
