"""A fake of the port that stores records."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from app.models import ImageRecord, Page, PageQuery, State
from app.models.states import REMOVED
from app.models.tags import comparable
from tests.support.fakes.scripted import Scripted


class FakeImageRecords(Scripted):
    """Stores records in a dictionary, and every version of them in `history`."""

    name = "records"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.by_id: dict[str, ImageRecord] = {}
        self.history: list[ImageRecord] = []
        self.versions = 0
        self.miscounted = 0

    def insert(self, record: ImageRecord) -> bool:
        """See ImageRecords."""
        self.step("insert")
        claimed = record.claim and self._find(record.claim)
        if record.id in self.by_id or claimed:
            return False
        self._write(record)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See ImageRecords."""
        self.step("compare_and_swap")
        now = self.by_id.get(old.id)
        if now is None or (now.state, now.lease_until) != (old.state, old.lease_until):
            return False
        self._write(new)
        return True

    def get(self, image_id: str) -> ImageRecord | None:
        """See ImageRecords."""
        self.step("get")
        return self.by_id.get(image_id)

    def find(self, claim: str) -> ImageRecord | None:
        """See ImageRecords."""
        self.step("find")
        return self._find(claim)

    def _find(self, claim: str) -> ImageRecord | None:
        return next((record for record in self.by_id.values() if record.claim == claim), None)

    def page(self, query: PageQuery) -> Page:
        """See ImageRecords."""
        self.step("page")
        chosen = [record for record in self.by_id.values() if matches(record, query)]
        chosen.sort(key=_place, reverse=True)
        after = query.after
        rest = [
            record
            for record in chosen
            if not after or _place(record) < (after.created_at, after.id)
        ]
        end = query.offset + query.limit
        return Page(
            records=rest[query.offset : end],
            total=min(len(chosen), 1000) if query.words else len(chosen),
            total_exact=not query.words or len(chosen) <= 1000,
            more=len(rest) > end,
        )

    def version(self) -> int:
        """See ImageRecords; every call counts as a change."""
        self.step("version")
        self.versions += 1
        return self.versions

    def recount(self, *, fix: bool) -> int:
        """See ImageRecords."""
        self.step("recount")
        wrong = self.miscounted
        self.miscounted = 0 if fix else wrong
        return wrong

    def delete(self, image_id: str) -> None:
        """See ImageRecords."""
        self.step("delete")
        self.by_id.pop(image_id, None)

    def expired_leases(
        self, now: datetime, *, limit: int, state: State = State.PENDING
    ) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        self.step("expired_leases")
        pending = [record for record in self.by_id.values() if record.state is state]
        late = [record for record in pending if record.lease_until <= now]
        return sorted(late, key=lambda record: record.lease_until)[:limit]

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        self.step("scan")
        return [self.by_id[key] for key in sorted(self.by_id) if key > after][:limit]

    def removals(self, since: datetime) -> Collection[str]:
        """See ImageRecords."""
        self.step("removals")
        return [
            record.id
            for record in self.by_id.values()
            if record.state in REMOVED and record.lease_until >= since
        ]

    def forget_claims(self, before: datetime, *, deleted_before: datetime | None = None) -> int:
        """See ImageRecords."""
        self.step("forget_claims")
        old = [record for record in self.by_id.values() if record.requested_at < before]
        deleted_before = deleted_before or before
        bare = [
            record for record in old if record.is_tombstone and record.lease_until < deleted_before
        ]
        claimed = [record for record in old if record.claim and record not in bare]
        settled = [record for record in claimed if record.state is not State.PENDING]
        for record in bare:
            del self.by_id[record.id]
        for record in settled:
            self._write(replace(record, claim=""))
        return len(settled)

    def ping(self) -> None:
        """See ImageRecords."""
        self.step("ping")

    def _write(self, record: ImageRecord) -> None:
        self.by_id[record.id] = record
        self.history.append(record)


def _place(record: ImageRecord) -> tuple[datetime, str]:
    return record.created_at or record.requested_at, record.id


def matches(record: ImageRecord, query: PageQuery) -> bool:
    """Return whether a record belongs to a query's list; its words have three letters or more."""
    tags = set(map(comparable, record.tags))
    return (
        record.state is (State.TRASHED if query.trashed else State.READY)
        and query.owner in {None, record.owner}
        and tags.issuperset(map(comparable, query.tags))
        and record.starred >= query.starred
        and query.group in {"", record.group}
        and query.root in {"", record.root}
        and query.verdict in {"", record.verdict}
        and set(record.parents).issuperset(query.parents)
        and all(any(word in other for other in record.tokens) for word in query.words)
    )
