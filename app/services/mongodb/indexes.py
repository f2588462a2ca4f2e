"""The indexes of the records in MongoDB."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.collection import Collection

INDEXES = {
    "newest": [("state", 1), ("created_at", -1), ("_id", -1)],
    "terms": [("terms", 1), ("state", 1), ("created_at", -1), ("_id", -1)],
    "owned": [("state", 1), ("owner", 1), ("created_at", -1), ("_id", -1)],
    "claims": [("claim", 1)],
    "leases": [("state", 1), ("lease_until", 1)],
}
_OPTIONS: dict[str, dict[str, Any]] = {"claims": {"unique": True, "sparse": True}}
_OBSOLETE = ("words", "matches")  # of whole words
_INDEX_NOT_FOUND = 27
_BUILD_SECONDS = 600  # long enough for a large collection


def create_indexes(collection: "Collection[dict[str, Any]]") -> None:
    """Create the missing indexes, and drop the obsolete ones."""
    import pymongo

    existing = collection.index_information()
    with pymongo.timeout(_BUILD_SECONDS):
        for name, keys in INDEXES.items():
            if name not in existing:
                collection.create_index(keys, name=name, **_OPTIONS.get(name, {}))
        for name in _OBSOLETE:
            if name in existing:
                _drop(collection, name)


def _drop(collection: "Collection[dict[str, Any]]", name: str) -> None:
    from pymongo.errors import OperationFailure

    try:
        collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:  # else another process dropped it first
            raise
