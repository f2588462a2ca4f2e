"""The RecentRequests port on MongoDB."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.services.mongodb.client import MongoDatabase, translate_errors

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

_MAX_ATTEMPTS = 5


class MongoRecentRequests:
    """Keeps a document per digest in the collection `recent_requests`.

    A TTL index deletes documents some time after they have expired.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._indexed = False

    def join(self, digest: str, new_key: str, *, now: datetime, until: datetime) -> str:
        """See RecentRequests."""
        # A document can expire, or be deleted, between the two calls.
        for _ in range(_MAX_ATTEMPTS):
            if self._store(digest, new_key, now, until):
                return new_key
            with translate_errors():
                found = self._collection().find_one({"_id": digest, "until": {"$gt": now}})
            if found:
                return str(found["key"])
        raise RecordsUnavailable("MongoDB: a recent request changes all the time")

    def replace(self, digest: str, key: str, *, now: datetime, until: datetime) -> None:  # noqa: ARG002 - reason: the index deletes expired ones
        """See RecentRequests."""
        with translate_errors():
            self._collection().replace_one(
                {"_id": digest}, {"key": key, "until": until}, upsert=True
            )

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()

    def _store(self, digest: str, key: str, now: datetime, until: datetime) -> bool:
        """Store the key unless there is one that has not expired; return whether it was stored."""
        from pymongo.errors import DuplicateKeyError

        expired = {"_id": digest, "until": {"$lte": now}}
        with translate_errors():
            try:
                self._collection().replace_one(expired, {"key": key, "until": until}, upsert=True)
            except DuplicateKeyError:  # the document exists, and the condition excludes it
                return False
        return True

    def _collection(self) -> "Collection[Document]":
        collection = self._database.collection("recent_requests")
        if not self._indexed:
            collection.create_index("until", name="expiry", expireAfterSeconds=0)
            self._indexed = True
        return collection
