"""The counts of listed rows that are kept in MongoDB, in the collection `ranks`.

They are changed right after the row they count, so a crash between the two leaves them one off; a
recount finds and mends that.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.models import State
from app.services.records.list_counters import CHILD_BITS, EVERYONE, SHIFTS, buckets, seek

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]
Bucket = tuple[str, int, int]
"""Whose it is, its shift, and its number."""

READY: Document = {"state": str(State.READY)}
_VERSION: Document = {"_id": "version"}
_FIRST_COUNT: Document = {"_id": "first count"}
_RECOUNT_SECONDS = 600
_TIMEOUT_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.05
_EPOCH = datetime.fromtimestamp(0, UTC)


class MongoListCounters:
    """Counts the ready rows of `generations` by time."""

    def __init__(self, generations: "Collection[Document]") -> None:
        self._generations = generations
        self._ranks: Collection[Document] = generations.database["ranks"]

    def prepare(self) -> None:
        """Make the index; count the rows if that was never done to the end, as after an update.

        Raises:
            RecordsUnavailable: another process is counting them.
        """
        self._ranks.create_index([("owner", 1), ("shift", 1), ("bucket", -1)], name="children_of")
        # Former versions counted for everyone only, and didn't say so.
        nobodys: Document = {"shift": {"$exists": True}, "owner": {"$exists": False}}
        self._ranks.update_many(nobodys, {"$set": {"owner": EVERYONE}})
        if self._is_counted():
            return
        if self._may_count():
            self.recount(fix=True)
            self._ranks.update_one(_FIRST_COUNT, {"$set": {"done": True}})
        else:
            self._wait_until_counted()

    def _is_counted(self) -> bool:
        return self._ranks.find_one(_FIRST_COUNT | {"done": True}) is not None

    def _may_count(self) -> bool:
        """Take the right to count, which one process has for a while; if it dies, another may."""
        from pymongo.errors import DuplicateKeyError

        now = datetime.now(UTC)
        free = _FIRST_COUNT | {"until": {"$lt": now}}
        lease = {"$set": {"until": now + timedelta(seconds=_RECOUNT_SECONDS)}}
        try:
            self._ranks.update_one(free, lease, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    def _wait_until_counted(self) -> None:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not self._is_counted():
            if time.monotonic() > deadline:
                raise RecordsUnavailable("MongoDB: another process counts the rows")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def moved(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Count a row that was written, by how it was and how it is; None stands for no row."""
        if not (_is_listed(before) or _is_listed(after)):
            return
        changes = Counter(_buckets_of(after))
        changes.subtract(_buckets_of(before))
        self._add(changes)
        self._changed()

    def version(self) -> int:
        """See Records."""
        found = self._ranks.find_one(_VERSION)
        return int(found["n"]) if found else 0

    def total(self, owner: str) -> int:
        """Return how many rows of the owner are listed: a sum of some counts a year."""
        return sum(row["n"] for row in self._ranks.find({"owner": owner, "shift": SHIFTS[0]}))

    def seek(self, owner: str, offset: int) -> tuple[datetime, int] | None:
        """Return the time before which the row at this offset is, and how many come before it."""
        place = seek(offset, lambda shift, wider: self._children(owner, shift, wider))
        return place and (_EPOCH + timedelta(milliseconds=place[0]), place[1])

    def recount(self, *, fix: bool) -> int:
        """See Records."""
        import pymongo

        self._generations.find_one({}, {"_id": 1})  # a server that is away is told in usual time
        with pymongo.timeout(_RECOUNT_SECONDS):  # the time of every listed row is read
            before, truth, kept = self._counts(), self._truth(), self._counts()
            missing = {
                bucket: lacking
                for bucket in truth | kept
                if (lacking := _lacking(truth[bucket], before[bucket], kept[bucket]))
            }
            if fix and missing:
                self._add(missing)
                self._changed()
            return len(missing)

    def _truth(self) -> Counter[Bucket]:
        truth: Counter[Bucket] = Counter()
        for row in self._generations.find(READY, {"_id": 0, "created_at": 1, "owner": 1}):
            truth.update(_buckets_of(READY | row))
        return truth

    def _add(self, changes: Mapping[Bucket, int]) -> None:
        for bucket, n in changes.items():
            if n:
                change = {"$inc": {"n": n}, "$setOnInsert": _fields(bucket)}
                self._ranks.update_one(_key(bucket), change, upsert=True)

    def _changed(self) -> None:
        self._ranks.update_one(_VERSION, {"$inc": {"n": 1}}, upsert=True)

    def _counts(self) -> Counter[Bucket]:
        found = self._ranks.find({"shift": {"$exists": True}})
        return Counter(
            {(row.get("owner", EVERYONE), row["shift"], row["bucket"]): row["n"] for row in found}
        )

    def _children(self, owner: str, shift: int, wider: int | None) -> Iterable[tuple[int, int]]:
        chosen: Document = {"owner": owner, "shift": shift}
        if wider is not None:
            first = wider << CHILD_BITS
            chosen["bucket"] = {"$gte": first, "$lt": first + (1 << CHILD_BITS)}
        found = self._ranks.find(chosen).sort("bucket", -1)
        return [(row["bucket"], row["n"]) for row in found]


def _lacking(truth: int, before: int, after: int) -> int:
    """Return what surely lacks from a count that was read before and after the rows were.

    If it moved meanwhile, rows that were counted in between may be in it already, or not yet.
    """
    if before <= truth <= after or after <= truth <= before:
        return 0
    return min(truth - before, truth - after, key=abs)


def _is_listed(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row.get("state") == State.READY


def _buckets_of(row: Mapping[str, Any] | None) -> list[Bucket]:
    """Return where the row counts. One whose time another hand has damaged counts nowhere."""
    created = row.get("created_at") if row is not None and _is_listed(row) else None
    if not isinstance(created, datetime):
        return []
    found = buckets(round(created.timestamp() * 1000))
    owners = {EVERYONE, str((row or {}).get("owner") or EVERYONE)}
    return [(owner, *bucket) for owner in owners for bucket in found]


def _key(bucket: Bucket) -> Document:
    owner, shift, number = bucket
    return {"_id": f"{owner}:{shift}:{number}" if owner else f"{shift}:{number}"}


def _fields(bucket: Bucket) -> Document:
    owner, shift, number = bucket
    return {"owner": owner, "shift": shift, "bucket": number}
