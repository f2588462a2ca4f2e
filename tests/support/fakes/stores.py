"""Fakes of the ports that store things: objects, cached images, spending and records."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from app.errors import ImageNotFound
from app.models import Budget, ImageRecord, Page, PageQuery, Spending, State, StoredImage
from app.models.billing import window_of, windows_of
from tests.support.fakes.scripted import Scripted


class FakeStore(Scripted):
    """Stores objects in a dictionary; steps are named after the folder, as in `put images`."""

    def __init__(self, events: list[str], name: str = "store") -> None:
        super().__init__(events)
        self.name = name
        self.objects: dict[str, StoredImage] = {}

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.step(f"put {_folder(key)}")
        modified = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.objects[key] = StoredImage(data=data, content_type=content_type, modified=modified)

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        self.step(f"get {_folder(key)}")
        if key not in self.objects:
            raise ImageNotFound(key)
        return self.objects[key]

    def delete(self, key: str) -> None:
        """See ImageStore."""
        self.step(f"delete {_folder(key)}")
        self.objects.pop(key, None)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        self.step(f"keys {_folder(prefix)}")
        yield from sorted(key for key in self.objects if key.startswith(prefix))

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return f"https://bucket.test/{key}"

    def link(self, key: str) -> str:
        """See ImageStore."""
        return f"https://bucket.test/{key}?signed"

    def ping(self) -> None:
        """See ImageStore."""
        self.step("ping")


class FakeSpool(FakeStore):
    """Stores objects in a dictionary, and counts the reservations of space."""

    def __init__(self, events: list[str]) -> None:
        super().__init__(events, name="spool")
        self.held = 0

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """See Spool."""
        self.step("room")
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


class FakeCache(Scripted):
    """Stores entries in a dictionary."""

    name = "cache"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.entries: dict[tuple[str, str], StoredImage] = {}
        self.up = True

    def peek(self, image_id: str, name: str) -> StoredImage | None:
        """See ImageCache."""
        self.step("peek")
        return self.entries.get((image_id, name))

    def fetch(
        self,
        image_id: str,
        name: str,
        make: Callable[[], StoredImage],
        *,
        share: bool = True,
    ) -> StoredImage:
        """See ImageCache."""
        self.step("fetch" if share else "fetch privately")
        if (image_id, name) not in self.entries:
            self.entries[image_id, name] = make()
        return self.entries[image_id, name]

    def forget(self, image_id: str) -> None:
        """See ImageCache."""
        self.step("forget")
        self.entries = {key: kept for key, kept in self.entries.items() if key[0] != image_id}

    def is_up(self) -> bool:
        """See ImageCache."""
        return self.up


class FakeLedger(Scripted):
    """Counts spending in a dictionary, by account and window."""

    name = "ledger"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.counts: dict[tuple[str, str], Spending] = {}

    def reserve(
        self, accounts: Mapping[str, Budget | None], micros: int, at: datetime
    ) -> str | None:
        """See Ledger."""
        self.step("reserve")
        for account, budget in accounts.items():
            if budget:
                spent = self.spent(account, window_of(budget.period, at)).micros
                if spent + micros > budget.micros:
                    return account
        self._add(accounts, Spending(micros=micros), at)
        return None

    def record_spending(self, accounts: Iterable[str], change: Spending, at: datetime) -> None:
        """See Ledger."""
        self.step("record_spending")
        self._add(accounts, change, at)

    def spent(self, account: str, window: str) -> Spending:
        """See Ledger."""
        return self.counts.get((account, window), Spending())

    def days(self, account: str, first: date, last: date) -> dict[str, Spending]:
        """See Ledger."""
        self.step("days")
        mine = {window: spent for (owner, window), spent in self.counts.items() if owner == account}
        days = sorted(day for day in mine if len(day) == 10 and str(first) <= day <= str(last))
        return {day: mine[day] for day in days}

    def _add(self, accounts: Iterable[str], change: Spending, at: datetime) -> None:
        for place in itertools.product(accounts, windows_of(at)):
            now = self.spent(*place)
            self.counts[place] = Spending(
                micros=now.micros + change.micros,
                images=now.images + change.images,
                images_of_unknown_cost=now.images_of_unknown_cost + change.images_of_unknown_cost,
            )


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
        ready = [
            record
            for record in self.by_id.values()
            if record.state is State.READY and query.owner in {None, record.owner}
        ]
        chosen = [record for record in ready if set(query.words) <= set(record.tokens)]
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

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        self.step("expired_leases")
        pending = [record for record in self.by_id.values() if record.state is State.PENDING]
        late = [record for record in pending if record.lease_until <= now]
        return sorted(late, key=lambda record: record.lease_until)[:limit]

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        self.step("scan")
        return [self.by_id[key] for key in sorted(self.by_id) if key > after][:limit]

    def forget_claims(self, before: datetime) -> int:
        """See ImageRecords."""
        self.step("forget_claims")
        old = [
            record
            for record in self.by_id.values()
            if record.claim and record.requested_at < before
        ]
        bare = [
            record for record in old if record.state is State.DELETED and record.created_at is None
        ]
        settled = [
            record for record in old if record.state is not State.PENDING and record not in bare
        ]
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


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _place(record: ImageRecord) -> tuple[datetime, str]:
    return record.created_at or record.requested_at, record.id
