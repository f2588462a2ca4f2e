"""The MongoDB storage of the `limits` library, on the service's own client."""

from typing import Any

from limits.storage import MongoDBStorage
from pymongo import ReadPreference, WriteConcern
from pymongo.collection import Collection

from app.services.mongodb.client import MongoDatabase

_COLLECTION = "rate_limits"


class MongoWindows(MongoDBStorage):
    """Keep an array of times for each key, in one document.

    The library would make a client of its own; with the service's client, the servers are found
    and the connections are open already.
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
            # A count that is lost in a failover is no harm, waiting for other servers is.
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
