"""The Records port on MongoDB."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.models import ImageRecord, Page, PageQuery, State
from app.services.mongodb import pages
from app.services.mongodb.client import MongoDatabase, translate_errors
from app.services.mongodb.indexes import make_indexes
from app.services.mongodb.list_counters import MongoListCounters
from app.services.records.document import from_document, to_document
from app.services.records.list_counters import owner_word

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

# Less than the client's timeout: so who waits for one that fails doesn't wait as long again.
_PREPARING_SECONDS = 2.0
_LISTING = {"state": 1, "created_at": 1, "owner": 1}

_log = logging.getLogger(__name__)


class MongoRecords:
    """Keeps a document per generation in the collection `generations`.

    The indexes are made at first use, after the server has forked; making an index that is there
    already does nothing, so workers that start together don't disturb each other.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._prepared = False
        self._preparing = threading.Lock()

    def insert(self, generation: ImageRecord) -> bool:
        """See Records."""
        from pymongo.errors import DuplicateKeyError

        document = _with_key(generation)
        with translate_errors():
            try:
                self._collection().insert_one(document)
            except DuplicateKeyError:
                return False
        self._count(None, document)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See Records."""
        seen = {"_id": old.id, "state": str(old.state), "lease_until": old.lease_until}
        document = _with_key(new)
        with translate_errors():
            before = self._collection().find_one_and_replace(seen, document, projection=_LISTING)
        if before:
            self._count(before, document)
        return before is not None

    def get(self, image_id: str) -> ImageRecord | None:
        """See Records."""
        with translate_errors():
            document = self._collection().find_one({"_id": image_id})
        return _without_key(document) if document else None

    def find(self, claim: str) -> ImageRecord | None:
        """See Records."""
        with translate_errors():
            document = self._collection().find_one({"claim": claim})
        return _without_key(document) if document else None

    def page(self, query: PageQuery) -> Page:
        """See Records."""
        with translate_errors():
            found = pages.find(self._collection(), query)
        return Page(
            records=[_without_key(document) for document in found.documents[: query.limit]],
            total=found.total,
            total_exact=found.exact,
            more=len(found.documents) > query.limit,
        )

    def version(self) -> int:
        """See Records."""
        with translate_errors():
            return self._ranks().version()

    def recount(self, *, fix: bool) -> int:
        """See Records."""
        with translate_errors():
            return self._ranks().recount(fix=fix)

    def delete(self, image_id: str) -> None:
        """See Records."""
        with translate_errors():
            before = self._collection().find_one_and_delete({"_id": image_id}, projection=_LISTING)
        self._count(before, None)

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        chosen = {"state": str(State.PENDING), "lease_until": {"$lte": now}}
        with translate_errors():
            found = self._collection().find(chosen).sort("lease_until", 1).limit(limit)
            return [_without_key(row) for row in found]

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        with translate_errors():
            found = self._collection().find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit)
            return [_without_key(row) for row in found]

    def forget_claims(self, before: datetime) -> int:
        """See Records."""
        old: Document = {"claim": {"$exists": True}, "requested_at": {"$lt": before}}
        bare = {"state": str(State.DELETED), "created_at": None}
        settled = {"state": {"$ne": str(State.PENDING)}}
        with translate_errors():
            self._collection().delete_many(old | bare)
            forgotten = self._collection().update_many(old | settled, {"$unset": {"claim": ""}})
            return forgotten.modified_count

    def ping(self) -> None:
        """See Records."""
        with translate_errors():
            self._database.client().admin.command("ping")

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._database.close()

    def _count(self, before: Document | None, after: Document | None) -> None:
        """Keep the counts up to date; the row is written, so a failure here is not the caller's."""
        from pymongo.errors import PyMongoError

        try:
            self._ranks().moved(before, after)
        except PyMongoError as error:
            name = type(error).__name__
            _log.warning("A row was written, but not counted (%s): reconcile mends that.", name)

    def _ranks(self) -> MongoListCounters:
        return MongoListCounters(self._collection())

    def _collection(self) -> "Collection[Document]":
        collection = self._database.collection("generations")
        if not self._prepared:
            self._prepare(collection)
        return collection

    def _prepare(self, collection: "Collection[Document]") -> None:
        """Make what the collection needs; other threads wait, but not for as long as it may take.

        Raises:
            RecordsUnavailable: it takes long, as it may after an update.
        """
        if not self._preparing.acquire(timeout=_PREPARING_SECONDS):
            raise RecordsUnavailable("MongoDB: indexes and counts are being made")
        try:
            if not self._prepared:
                make_indexes(collection)
                MongoListCounters(collection).prepare()
                self._prepared = True
        finally:
            self._preparing.release()


def _with_key(generation: ImageRecord) -> Document:
    document = to_document(generation)
    if not generation.claim:
        del document["claim"]  # the index of claims holds those rows only that have one
    if generation.owner:
        document["tokens"].append(owner_word(generation.owner))
    return {"_id": document.pop("id"), **document}


def _without_key(document: Mapping[str, Any]) -> ImageRecord:
    generation = from_document({**document, "id": document["_id"]})
    if generation.owner and generation.tokens[-1:] == (owner_word(generation.owner),):
        return replace(generation, tokens=generation.tokens[:-1])
    return generation
