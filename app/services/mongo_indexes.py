"""The indexes that the records need in MongoDB."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.collection import Collection

INDEXES = {
    "newest": [("state", 1), ("created_at", -1), ("_id", -1)],
    "words": [("tokens", 1), ("created_at", -1)],
    "claims": [("claim", 1)],
    "leases": [("state", 1), ("lease_until", 1)],
}
_OPTIONS: dict[str, dict[str, Any]] = {"claims": {"unique": True, "sparse": True}}


def make_indexes(collection: "Collection[dict[str, Any]]") -> None:
    """Make those that are missing."""
    for name, keys in INDEXES.items():
        collection.create_index(keys, name=name, **_OPTIONS.get(name, {}))
