"""A fake of the API key repository, and keys to store in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.models import ApiKey, Scope
from tests.support.fakes.scripted import Scripted

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeApiKeys(Scripted):
    """Stores keys in a dictionary."""

    name = "keys"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.by_id: dict[str, ApiKey] = {}

    def insert(self, key: ApiKey) -> bool:
        """See ApiKeyRepository."""
        self.step("insert")
        if any(key.id == stored.id or key.name == stored.name for stored in self.by_id.values()):
            return False
        self.by_id[key.id] = key
        return True

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """See ApiKeyRepository."""
        self.step("compare_and_swap")
        now = self.by_id.get(old.id)
        if now is None or (now.hash, now.revoked_at) != (old.hash, old.revoked_at):
            return False
        self.by_id[old.id] = new
        return True

    def get(self, key_id: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        self.step("get")
        return self.by_id.get(key_id)

    def find(self, name: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        self.step("find")
        return next((stored for stored in self.by_id.values() if stored.name == name), None)

    def list(self) -> Sequence[ApiKey]:
        """See ApiKeyRepository."""
        self.step("list")
        return sorted(self.by_id.values(), key=lambda stored: (stored.created_at, stored.id))


def a_key(key_id: str = "Ab3dEf6hIj", **changes: Any) -> ApiKey:
    """Make a key that never expires, with these values in it."""
    values: dict[str, Any] = {
        "id": key_id,
        "name": f"name of {key_id}",
        "scopes": frozenset({Scope.READ}),
        "created_at": NOON,
        "hash": f"hash of {key_id}",
    }
    return ApiKey(**(values | changes))
