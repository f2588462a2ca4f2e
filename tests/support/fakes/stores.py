"""Fakes of the ports that store things: objects, cached images, spending and keys."""

import contextlib
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import BinaryIO

from app.errors import ImageNotFound, StorageUnavailable
from app.models import Budget, OpenReservation, Spending, StoredImage
from app.models.billing import window_of, windows_of
from tests.support.fakes.scripted import Scripted


class FakeStore(Scripted):
    """Stores objects in a dictionary; steps are named after the folder, as in `put images`.

    With `stores_half`, each put stores half of the object, and fails.
    """

    def __init__(self, events: list[str], name: str = "store") -> None:
        super().__init__(events)
        self.name = name
        self.objects: dict[str, StoredImage] = {}
        self.stores_half = False

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.step(f"put {_folder(key)}")
        modified = datetime(2026, 11, 22, 12, tzinfo=UTC)
        if self.stores_half:
            half = data[: len(data) // 2]
            self.objects[key] = StoredImage(data=half, content_type=content_type, modified=modified)
            raise StorageUnavailable("half of the object is stored")
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
        self.files: list[io.BytesIO] = []

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """See Spool."""
        self.step("room")
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    def open_file(self, data: bytes) -> BinaryIO:
        """See Spool; `files` has all of them."""
        self.step("open_file")
        self.files.append(io.BytesIO(data))
        return self.files[-1]


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
        self.operations: list[str] = []
        self.open: dict[str, OpenReservation] = {}

    def complete(self, operation: str, accounts: Iterable[str], micros: int, at: datetime) -> None:
        """See Ledger."""
        self.record_spending(operation, accounts, Spending(micros=micros), at)

    def note_open(self, reservations: Sequence[OpenReservation]) -> None:
        """See Ledger."""
        self.step("note_open")
        self.open = {one.attempt: one for one in reservations} | self.open

    def note_settled(self, attempts: Iterable[str]) -> None:
        """See Ledger."""
        self.step("note_settled")
        for attempt in attempts:
            self.open.pop(attempt, None)

    def find_open(self, attempt: str) -> OpenReservation | None:
        """See Ledger."""
        self.step("find_open")
        return self.open.get(attempt)

    def list_open(self, before: datetime, *, limit: int) -> Sequence[OpenReservation]:
        """See Ledger."""
        self.step("list_open")
        old = [one for one in self.open.values() if one.at < before]
        return sorted(old, key=lambda one: one.at)[:limit]

    def reserve(
        self,
        operation: str,
        accounts: Mapping[str, Budget | None],
        micros: int,
        at: datetime,
        *,
        others: Sequence[str] = (),
    ) -> str | None:
        """See Ledger."""
        self.step("reserve")
        total = micros * (1 + len(others))
        if operation in self.operations:
            return None
        for account, budget in accounts.items():
            if budget:
                spent = self.spent(account, window_of(budget.period, at)).micros
                if spent + total > budget.micros:
                    return account
        self._add(accounts, Spending(micros=total), at)
        self.operations += [operation, *others]
        return None

    def record_spending(
        self, operation: str, accounts: Iterable[str], change: Spending, at: datetime
    ) -> None:
        """See Ledger."""
        self.step("record_spending")
        if operation not in self.operations:
            self._add(accounts, change, at)
            self.operations.append(operation)

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


def _folder(key: str) -> str:
    return key.partition("/")[0]


class FakeRecentRequests(Scripted):
    """Keeps recent requests in a dictionary."""

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.keys: dict[str, tuple[str, datetime]] = {}

    def join(self, digest: str, new_key: str, *, now: datetime, until: datetime) -> str:
        """See RecentRequests."""
        self.step("join request")
        key, expires_at = self.keys.get(digest, ("", now))
        if expires_at > now:
            return key
        self.keys[digest] = (new_key, until)
        return new_key

    def replace(self, digest: str, key: str, *, now: datetime, until: datetime) -> None:  # noqa: ARG002 - reason: expired ones are kept
        """See RecentRequests."""
        self.step("replace request")
        self.keys[digest] = (key, until)
