"""The indexes that the records need in MongoDB."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.collection import Collection

INDEXES = {
    "newest": [("state", 1), ("created_at", -1), ("_id", -1)],
    "matches": [("tokens", 1), ("state", 1), ("created_at", -1), ("_id", -1)],
    "claims": [("claim", 1)],
    "leases": [("state", 1), ("lease_until", 1)],
}
_OPTIONS: dict[str, dict[str, Any]] = {"claims": {"unique": True, "sparse": True}}


_FORMER = "words"  # it ordered matches by time, but not by id


def make_indexes(collection: "Collection[dict[str, Any]]") -> None:
    """Make those that are missing, and drop what they replace."""
    for name, keys in INDEXES.items():
        collection.create_index(keys, name=name, **_OPTIONS.get(name, {}))
    if _FORMER in collection.index_information():
        collection.drop_index(_FORMER)
