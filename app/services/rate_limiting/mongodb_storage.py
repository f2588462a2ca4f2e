"""The MongoDB storage of `limits`, on the service's own client."""

from typing import Any

from limits.storage import MongoDBStorage
from pymongo import ReadPreference, WriteConcern
from pymongo.collection import Collection

from app.services.mongodb.client import MongoDatabase

_COLLECTION = "rate_limits"


class MongoWindows(MongoDBStorage):
    """Keeps an array of times for each key, in one document.

    The library would create a client of its own; the service's client is already connected.
    """

    def __init__(self, database: MongoDatabase) -> None:
        super().__init__("", window_collection_name=_COLLECTION)
        self._mongodb = database
        self._indexed = False

    def __del__(self) -> None:
        """Leave the client open; the library's method would make one and close it."""

    @property
    def windows(self) -> Collection[dict[str, Any]]:
        """Return the collection, read and written on the primary server."""
        collection = self._mongodb.collection(_COLLECTION).with_options(
            # Losing a count in a failover is harmless; waiting for other servers is not.
            write_concern=WriteConcern(w=1),
            read_preference=ReadPreference.PRIMARY,
        )
        if not self._indexed:
            collection.create_index("expireAt", expireAfterSeconds=0)
            self._indexed = True
        return collection

    def clear(self, key: str) -> None:
        """See Storage. Moving windows have no counters."""
        self.windows.delete_one({"_id": key})
