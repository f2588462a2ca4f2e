"""The ApiKeyRepository port on MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.models import ApiKey, Budget, Scope
from app.services.mongodb.client import MongoDatabase, translate_errors

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]


class MongoApiKeys:
    """Keeps a document per API key in the collection `api_keys`."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def insert(self, key: ApiKey) -> bool:
        """See ApiKeyRepository."""
        from pymongo.errors import DuplicateKeyError

        with translate_errors():
            collection = self._collection()
            # Only inserts need the index; creating an existing one has no effect.
            collection.create_index([("name", 1)], name="names", unique=True)
            try:
                collection.insert_one(_document_of(key))
            except DuplicateKeyError:
                return False
        return True

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """See ApiKeyRepository."""
        expected = {"_id": old.id, "hash": old.hash, "revoked_at": old.revoked_at}
        with translate_errors():
            return self._collection().replace_one(expected, _document_of(new)).matched_count == 1

    def get(self, key_id: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._find({"_id": key_id})), None)

    def find(self, name: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._find({"name": name})), None)

    def list(self) -> Sequence[ApiKey]:
        """See ApiKeyRepository."""
        return self._find({})

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()

    def _find(self, condition: Document) -> Sequence[ApiKey]:
        with translate_errors():
            found = self._collection().find(condition).sort([("created_at", 1), ("_id", 1)])
            return [_key_of(document) for document in found]

    def _collection(self) -> "Collection[Document]":
        return self._database.collection("api_keys")


def _document_of(key: ApiKey) -> Document:
    document = asdict(key)
    return {"_id": document.pop("id"), **document, "scopes": sorted(key.scopes)}


def _key_of(document: Mapping[str, Any]) -> ApiKey:
    budget = document["budget"]
    return ApiKey(
        id=document["_id"],
        name=document["name"],
        scopes=frozenset(scope for scope in Scope if scope in document["scopes"]),
        rate=document["rate"],
        budget=Budget(micros=int(budget["micros"]), period=budget["period"]) if budget else None,
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        revoked_at=document["revoked_at"],
        hash=document["hash"],
        previous_hash=document["previous_hash"],
        previous_until=document["previous_until"],
    )
