"""The ImageRecords port on MongoDB."""

import logging
import threading
from collections.abc import Collection as Ids
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.models import ImageRecord, Page, PageQuery, State
from app.models.states import REMOVED
from app.services.mongodb import pages
from app.services.mongodb.client import MongoDatabase, translate_errors
from app.services.mongodb.indexes import create_indexes
from app.services.mongodb.list_counters import COUNTED_FIELDS, MongoListCounters
from app.services.mongodb.term_index import record_of
from app.services.records.document import to_document
from app.services.records.terms import terms_of

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

# Below the client's timeout, so that waiting for a preparation that fails does not double that.
_PREPARATION_SECONDS = 2.0

_log = logging.getLogger(__name__)


class MongoRecords:
    """Keeps a document per record in the collection `generations`.

    Indexes are created at first use, after the server has forked. Creating an existing index has
    no effect, so workers can start in parallel.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._prepared = False
        self._preparing = threading.Lock()

    def insert(self, record: ImageRecord) -> bool:
        """See ImageRecords."""
        from pymongo.errors import DuplicateKeyError

        document = _document_of(record)
        with translate_errors():
            try:
                self._collection().insert_one(document)
            except DuplicateKeyError:
                return False
        self._count(None, document)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See ImageRecords."""
        expected = {"_id": old.id, "state": str(old.state), "lease_until": old.lease_until}
        document = _document_of(new)
        with translate_errors():
            before = self._collection().find_one_and_replace(
                expected, document, projection=COUNTED_FIELDS
            )
        if before:
            self._count(before, document)
        return before is not None

    def get(self, image_id: str) -> ImageRecord | None:
        """See ImageRecords."""
        return self._find_one({"_id": image_id})

    def find(self, claim: str) -> ImageRecord | None:
        """See ImageRecords."""
        return self._find_one({"claim": claim})

    def page(self, query: PageQuery) -> Page:
        """See ImageRecords."""
        with translate_errors():
            found = pages.find(self._collection(), query)
        return found.read(query.limit, record_of)

    def version(self) -> int:
        """See ImageRecords."""
        with translate_errors():
            return self._counters().version()

    def recount(self, *, fix: bool) -> int:
        """See ImageRecords."""
        with translate_errors():
            return self._counters().recount(fix=fix)

    def delete(self, image_id: str) -> None:
        """See ImageRecords."""
        with translate_errors():
            before = self._collection().find_one_and_delete(
                {"_id": image_id}, projection=COUNTED_FIELDS
            )
        self._count(before, None)

    def expired_leases(
        self, now: datetime, *, limit: int, state: State = State.PENDING
    ) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        expired = {"state": str(state), "lease_until": {"$lte": now}}
        with translate_errors():
            found = self._collection().find(expired).sort("lease_until", 1).limit(limit)
            return [record_of(document) for document in found]

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        with translate_errors():
            found = self._collection().find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit)
            return [record_of(document) for document in found]

    def removals(self, since: datetime) -> Ids[str]:
        """See ImageRecords."""
        states = [str(state) for state in REMOVED]
        removed = {"state": {"$in": states}, "lease_until": {"$gte": since}}
        with translate_errors():
            return [document["_id"] for document in self._collection().find(removed, {"_id": 1})]

    def forget_claims(self, before: datetime, *, deleted_before: datetime | None = None) -> int:
        """See ImageRecords."""
        old: Document = {"requested_at": {"$lt": before}}
        tombstones = {
            "state": str(State.DELETED),
            "created_at": None,
            "lease_until": {"$lt": deleted_before or before},
        }
        finished = {"claim": {"$exists": True}, "state": {"$ne": str(State.PENDING)}}
        with translate_errors():
            self._collection().delete_many(old | tombstones)
            result = self._collection().update_many(old | finished, {"$unset": {"claim": ""}})
            return result.modified_count

    def ping(self) -> None:
        """See ImageRecords."""
        with translate_errors():
            self._database.client().admin.command("ping")

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()

    def _find_one(self, condition: Document) -> ImageRecord | None:
        with translate_errors():
            document = self._collection().find_one(condition)
        return record_of(document) if document else None

    def _count(self, before: Document | None, after: Document | None) -> None:
        """Update the counters; failures are only logged.

        The record is already written, so a failure must not fail the call.
        """
        from pymongo.errors import PyMongoError

        try:
            self._counters().update(before, after)
        except PyMongoError as error:
            name = type(error).__name__
            _log.warning("a record was written but not counted (%s); reconcile repairs it", name)

    def _counters(self) -> MongoListCounters:
        return MongoListCounters(self._collection())

    def _collection(self) -> "Collection[Document]":
        collection = self._database.collection("generations")
        if not self._prepared:
            self._prepare(collection)
        return collection

    def _prepare(self, collection: "Collection[Document]") -> None:
        """Create indexes and counters; other threads wait for a limited time.

        Raises:
            RecordsUnavailable: this takes longer, as it may after an update.
        """
        if not self._preparing.acquire(timeout=_PREPARATION_SECONDS):
            raise RecordsUnavailable("MongoDB: indexes and counters are being created")
        try:
            if not self._prepared:
                create_indexes(collection)
                MongoListCounters(collection).prepare()
                self._prepared = True
        finally:
            self._preparing.release()


def _document_of(record: ImageRecord) -> Document:
    document = to_document(record)
    if not record.claim:
        del document["claim"]  # so that the sparse index of claims leaves it out
    return {"_id": document.pop("id"), **document, "terms": terms_of(record)}
