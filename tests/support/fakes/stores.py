"""Fakes of the ports that keep things: images, cached values, rows."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from app.errors import ImageNotFound
from app.models import Budget, ImageRecord, Page, PageQuery, Spending, State, StoredImage
from app.models.billing_period import window_of, windows_of
from tests.support.fakes.scripted import Scripted


class FakeStore(Scripted):
    """Keeps objects in a dictionary; steps are named after the folder, as in `put images`."""

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
    """Keeps objects in a dictionary, and counts who holds room."""

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
    """Keeps entries in a dictionary."""

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
    """Counts in a dictionary, by account and window."""

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
    """Keeps rows in a dictionary, and every version of them in `history`."""

    name = "records"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.rows: dict[str, ImageRecord] = {}
        self.history: list[ImageRecord] = []
        self.versions = 0
        self.miscounted = 0

    def insert(self, generation: ImageRecord) -> bool:
        """See Records."""
        self.step("insert")
        claimed = generation.claim and self.find_quietly(generation.claim)
        if generation.id in self.rows or claimed:
            return False
        self._write(generation)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See Records."""
        self.step("compare_and_swap")
        now = self.rows.get(old.id)
        if now is None or (now.state, now.lease_until) != (old.state, old.lease_until):
            return False
        self._write(new)
        return True

    def get(self, image_id: str) -> ImageRecord | None:
        """See Records."""
        self.step("get")
        return self.rows.get(image_id)

    def find(self, claim: str) -> ImageRecord | None:
        """See Records."""
        self.step("find")
        return self.find_quietly(claim)

    def find_quietly(self, claim: str) -> ImageRecord | None:
        """Find without it being an event."""
        return next((row for row in self.rows.values() if row.claim == claim), None)

    def page(self, query: PageQuery) -> Page:
        """See Records."""
        self.step("page")
        ready = [
            row
            for row in self.rows.values()
            if row.state is State.READY and query.owner in {None, row.owner}
        ]
        chosen = [row for row in ready if set(query.words) <= set(row.tokens)]
        chosen.sort(key=_place, reverse=True)
        after = query.after
        rest = [row for row in chosen if not after or _place(row) < (after.created_at, after.id)]
        end = query.offset + query.limit
        return Page(
            records=rest[query.offset : end],
            total=min(len(chosen), 1000) if query.words else len(chosen),
            total_exact=not query.words or len(chosen) <= 1000,
            more=len(rest) > end,
        )

    def version(self) -> int:
        """See Records: every call is taken for a change."""
        self.step("version")
        self.versions += 1
        return self.versions

    def recount(self, *, fix: bool) -> int:
        """See Records."""
        self.step("recount")
        wrong = self.miscounted
        self.miscounted = 0 if fix else wrong
        return wrong

    def delete(self, image_id: str) -> None:
        """See Records."""
        self.step("delete")
        self.rows.pop(image_id, None)

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        self.step("expired_leases")
        pending = [row for row in self.rows.values() if row.state is State.PENDING]
        late = [row for row in pending if row.lease_until <= now]
        return sorted(late, key=lambda row: row.lease_until)[:limit]

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        self.step("scan")
        return [self.rows[key] for key in sorted(self.rows) if key > after][:limit]

    def forget_claims(self, before: datetime) -> int:
        """See Records."""
        self.step("forget_claims")
        old = [row for row in self.rows.values() if row.claim and row.requested_at < before]
        bare = [row for row in old if row.state is State.DELETED and row.created_at is None]
        settled = [row for row in old if row.state is not State.PENDING and row not in bare]
        for row in bare:
            del self.rows[row.id]
        for row in settled:
            self._write(replace(row, claim=""))
        return len(settled)

    def ping(self) -> None:
        """See Records."""
        self.step("ping")

    def _write(self, generation: ImageRecord) -> None:
        self.rows[generation.id] = generation
        self.history.append(generation)


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _place(row: ImageRecord) -> tuple[datetime, str]:
    return row.created_at or row.requested_at, row.id
