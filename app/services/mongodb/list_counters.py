"""Counts of listed records in MongoDB, in the collection `ranks`.

They are updated right after the record, so a crash between the two leaves them off by one; a
recount finds and repairs that.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.services.mongodb.term_index import index_older
from app.services.records.document import from_document
from app.services.records.list_counters import CHILD_BITS, SHIFTS, buckets, seek
from app.services.records.lists import EVERYONE, LISTED_STATES, lists_of

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]
Bucket = tuple[str, int, int]
"""A list's name, a shift, and the bucket's number."""

_LISTED: Document = {"state": {"$in": sorted(LISTED_STATES)}}
COUNTED_FIELDS = (
    *("state", "created_at", "owner", "group", "root", "tags", "starred", "parent", "inputs"),
    *(f"image.{name}" for name in ("key", "sha256", "width", "height", "size_bytes")),
    "image.report.verdict",
)
"""The fields of a document by which it is counted; an image without its other fields is none."""
_RENAMED: Document = {"owner": "list"}
_VERSION: Document = {"_id": "version"}
_FIRST_COUNT: Document = {"_id": "first count of lists by verdict"}
_RECOUNT_SECONDS = 600
_FIRST_SECONDS = 3600  # with indexing a million documents
_TIMEOUT_SECONDS = 2.0
_POLL_SECONDS = 0.05
_DUPLICATE_KEY = 11000
_EPOCH = datetime.fromtimestamp(0, UTC)


class MongoListCounters:
    """Counts the listed records in `generations` by time."""

    def __init__(self, generations: "Collection[Document]") -> None:
        self._generations = generations
        self._ranks: Collection[Document] = generations.database["ranks"]

    def prepare(self) -> None:
        """Create the index, and index and count the records if that was never completed.

        Raises:
            RecordsUnavailable: another process is counting them.
        """
        import pymongo

        self._ranks.create_index([("list", 1), ("shift", 1), ("bucket", -1)], name="children")
        # Earlier versions counted for everyone and for owners; before that, for everyone only.
        unnamed: Document = {"shift": {"$exists": True}, "list": {"$exists": False}}
        self._ranks.update_many(unnamed | {"owner": {"$exists": True}}, {"$rename": _RENAMED})
        self._ranks.update_many(unnamed, {"$set": {"list": EVERYONE}})
        if self._is_counted():
            return
        if self._lease_first_count():
            with pymongo.timeout(_FIRST_SECONDS):
                for _ in index_older(self._generations):
                    self._ranks.update_one(_FIRST_COUNT, self._lease())
            self.recount(fix=True)
            self._ranks.update_one(_FIRST_COUNT, {"$set": {"done": True}})
        else:
            self._wait_until_counted()

    def _is_counted(self) -> bool:
        return self._ranks.find_one(_FIRST_COUNT | {"done": True}) is not None

    def _lease_first_count(self) -> bool:
        """Lease the first count; the lease expires if the process dies."""
        from pymongo.errors import DuplicateKeyError

        free = _FIRST_COUNT | {"until": {"$lt": datetime.now(UTC)}}
        try:
            self._ranks.update_one(free, self._lease(), upsert=True)
        except DuplicateKeyError:
            return False
        return True

    @staticmethod
    def _lease() -> Document:
        return {"$set": {"until": datetime.now(UTC) + timedelta(seconds=_RECOUNT_SECONDS)}}

    def _wait_until_counted(self) -> None:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not self._is_counted():
            if time.monotonic() > deadline:
                raise RecordsUnavailable("MongoDB: another process is counting the records")
            time.sleep(_POLL_SECONDS)

    def update(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Count a write, given the document before and after it, or None."""
        if not (_is_listed(before) or _is_listed(after)):
            return
        changes = Counter(_buckets_of(after))
        changes.subtract(_buckets_of(before))
        self._add(changes)
        self._increment_version()

    def version(self) -> int:
        """See ImageRecords."""
        found = self._ranks.find_one(_VERSION)
        return int(found["n"]) if found else 0

    def total(self, name: str) -> int:
        """Return the number of records in a list.

        It is the sum of a few counts per year.
        """
        return sum(count["n"] for count in self._ranks.find({"list": name, "shift": SHIFTS[0]}))

    def seek(self, name: str, offset: int) -> tuple[datetime, int] | None:
        """Locate the record at this offset; see list_counters.seek."""
        located = seek(offset, lambda shift, wider: self._child_counts(name, shift, wider))
        return located and (_EPOCH + timedelta(milliseconds=located[0]), located[1])

    def recount(self, *, fix: bool) -> int:
        """See ImageRecords."""
        import pymongo

        self._generations.find_one({}, {"_id": 1})  # fails in the usual time if the server is down
        with pymongo.timeout(_RECOUNT_SECONDS):  # the time of each listed record is read
            before, counted, after = (
                self._stored_counts(),
                self._count_records(),
                self._stored_counts(),
            )
            corrections = {
                bucket: correction
                for bucket in counted | after
                if (correction := _correction(counted[bucket], before[bucket], after[bucket]))
            }
            if fix and corrections:
                self._correct(corrections, after)
                self._increment_version()
            return len(corrections)

    def _count_records(self) -> Counter[Bucket]:
        counted: Counter[Bucket] = Counter()
        for document in self._generations.find(_LISTED, COUNTED_FIELDS):
            counted.update(_buckets_of(document))
        return counted

    def _stored_counts(self) -> Counter[Bucket]:
        found = self._ranks.find({"shift": {"$exists": True}})
        return Counter(
            {
                (count.get("list", EVERYONE), count["shift"], count["bucket"]): count["n"]
                for count in found
            }
        )

    def _add(self, changes: Mapping[Bucket, int]) -> None:
        from pymongo import UpdateOne

        updates = [
            UpdateOne(
                _key(bucket), {"$inc": {"n": n}, "$setOnInsert": _fields(bucket)}, upsert=True
            )
            for bucket, n in changes.items()
            if n
        ]
        if updates:
            self._ranks.bulk_write(updates, ordered=False)

    def _correct(self, corrections: Mapping[Bucket, int], stored: Mapping[Bucket, int]) -> None:
        """Correct counts that another process has not corrected meanwhile."""
        from pymongo import UpdateOne
        from pymongo.errors import BulkWriteError

        updates = [
            UpdateOne(
                _key(bucket) | {"n": stored[bucket]},
                {"$inc": {"n": n}, "$setOnInsert": _fields(bucket)},
                upsert=not stored[bucket],
            )
            for bucket, n in corrections.items()
        ]
        try:
            self._ranks.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if {each["code"] for each in error.details["writeErrors"]} != {_DUPLICATE_KEY}:
                raise  # otherwise counts that were missing have been inserted meanwhile

    def _increment_version(self) -> None:
        self._ranks.update_one(_VERSION, {"$inc": {"n": 1}}, upsert=True)

    def _child_counts(self, name: str, shift: int, wider: int | None) -> Iterable[tuple[int, int]]:
        condition: Document = {"list": name, "shift": shift}
        if wider is not None:
            first = wider << CHILD_BITS
            condition["bucket"] = {"$gte": first, "$lt": first + (1 << CHILD_BITS)}
        found = self._ranks.find(condition).sort("bucket", -1)
        return [(count["bucket"], count["n"]) for count in found]


def _correction(counted: int, before: int, after: int) -> int:
    """Return the correction of a stored count.

    The stored count was read before and after the records were counted.

    If it changed in between, it may already include some of the counted records.
    """
    if before <= counted <= after or after <= counted <= before:
        return 0
    return min(counted - before, counted - after, key=abs)


def _is_listed(document: Mapping[str, Any] | None) -> bool:
    return document is not None and document.get("state") in LISTED_STATES


def _buckets_of(document: Mapping[str, Any] | None) -> list[Bucket]:
    """Return the document's buckets: none if its time is damaged."""
    if document is None or not _is_listed(document):
        return []
    created = document.get("created_at")
    if not isinstance(created, datetime):
        return []
    found = buckets(round(created.timestamp() * 1000))
    record = from_document({"id": ""} | dict(document))
    names = lists_of(record.state, record.owner, record)
    return [(name, *bucket) for name in names for bucket in found]


def _key(bucket: Bucket) -> Document:
    name, shift, number = bucket
    return {"_id": f"{name}:{shift}:{number}" if name else f"{shift}:{number}"}


def _fields(bucket: Bucket) -> Document:
    name, shift, number = bucket
    return {"list": name, "shift": shift, "bucket": number}
