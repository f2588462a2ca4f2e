"""The counts of listed rows that are kept in MongoDB, in the collection `ranks`.

They are changed right after the row they count, so a crash between the two leaves them one off; a
recount finds and mends that.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.models import State
from app.services.ranks import CHILD_BITS, SHIFTS, buckets, seek

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]
Bucket = tuple[int, int]

READY: Document = {"state": str(State.READY)}
_VERSION = {"_id": "version"}
_RECOUNT_SECONDS = 600
_EPOCH = datetime.fromtimestamp(0, UTC)


class MongoRanks:
    """Counts the ready rows of `generations` by time."""

    def __init__(self, generations: "Collection[Document]") -> None:
        self._generations = generations
        self._ranks: Collection[Document] = generations.database["ranks"]

    def prepare(self) -> None:
        """Make the index; count the rows if that was never done, as after an update."""
        self._ranks.create_index([("shift", 1), ("bucket", -1)], name="children")
        if self._ranks.find_one() is None and self._generations.find_one(READY):
            self.recount(fix=True)

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

    def total(self) -> int:
        """Return how many rows are listed: a sum of some counts a year."""
        return sum(row["n"] for row in self._ranks.find({"shift": SHIFTS[0]}))

    def seek(self, offset: int) -> tuple[datetime, int] | None:
        """Return the time before which the row at this offset is, and how many come before it."""
        place = seek(offset, self._children)
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
        for row in self._generations.find(READY, {"_id": 0, "created_at": 1}):
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
        return Counter({(row["shift"], row["bucket"]): row["n"] for row in found})

    def _children(self, shift: int, wider: int | None) -> Iterable[tuple[int, int]]:
        chosen: Document = {"shift": shift}
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
    return buckets(round(created.timestamp() * 1000))


def _key(bucket: Bucket) -> Document:
    return {"_id": f"{bucket[0]}:{bucket[1]}"}


def _fields(bucket: Bucket) -> Document:
    return {"shift": bucket[0], "bucket": bucket[1]}
