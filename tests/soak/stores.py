"""Comparison of the stores after a soak: the ledger with the records, and removed images."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from app.models import ImageRecord, State, object_keys
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.mongodb.records import MongoRecords
from app.services.runtime.timing import SystemClock
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.reservations import SettleReservations
from tests.soak.customers.customer import remove, restore
from tests.soak.customers.order_book import OrderBook
from tests.soak.customers.orders import Image, Place
from tests.soak.fleet import in_parallel
from tests.soak.result import Result

_ATTEMPTS = 20


class _Later(SystemClock):
    def now(self) -> datetime:
        """Return a time at which maintenance settles what was interrupted until now."""
        return super().now() + timedelta(hours=1)


def settle_moves(book: OrderBook, result: Result) -> None:
    """Repeat each move whose result is unknown, and restore half of what is in the trash."""
    moved = [image for image in book.images if image.changes]
    in_parallel([partial(_settle, book, image, number) for number, image in enumerate(moved)])
    unsure = [image.name for image in moved if image.place is Place.UNSURE]
    result.violate(*(f"{name} can't be moved" for name in unsure))
    places = Counter(image.place.value for image in moved)
    result.figure("moves", dict(book.moves.most_common()))
    result.figure("images that were moved, by place", dict(places.most_common()))


def _settle(book: OrderBook, image: Image, number: int) -> None:
    image.lingering = False
    for attempt in range(_ATTEMPTS):
        server = book.servers[(number + attempt) % 2]
        if image.purging and image.place is not Place.PURGED:
            remove(book, image, server, purge=True)
        elif image.place is Place.UNSURE or (image.place is Place.TRASHED and number % 2):
            restore(book, image, server)
        else:
            return


def note_leftovers(book: OrderBook, keys: list[str], result: Result) -> None:
    """Note which images were deleted for good and still have objects, before any repair."""
    stored = _by_id(keys)
    purged = [image for image in book.images if image.place is Place.PURGED]
    left = [f"{image.name} {sorted(stored[image.id])}" for image in purged if image.id in stored]
    result.figure("deleted, with objects before repairs", left)


def compare_removed(book: OrderBook, keys: list[str], result: Result) -> None:
    """Check that no removed image is served or stored, and that the trash has its images.

    Args:
        book: all orders.
        keys: the keys of all stored objects.
        result: gets the figures and violations.
    """
    stored = _by_id(keys)
    removed = [image for image in book.images if image.place in {Place.PURGED, Place.TRASHED}]
    problems = [f"{image.name}: {_problem(image, stored)}" for image in removed]
    wrong = [problem for problem in problems if not problem.endswith(": ")]
    places = [(image, server) for image in removed for server in book.servers]
    served = in_parallel([partial(book.fetch, image, server) for image, server in places])
    wrong += [
        f"{image.name} is {image.place}, and served by {server.url}"
        for (image, server), is_served in zip(places, served, strict=True)
        if is_served
    ]
    result.figure("removed images", len(removed))
    result.figure("removed images served or stored again", len(wrong))
    result.violate(*wrong)


def _by_id(keys: list[str]) -> dict[str, set[str]]:
    """Return the folders and extensions of the keys by image."""
    found: dict[str, set[str]] = {}
    for key in keys:
        folder, image_id, extension = object_keys.split_key(key)
        found.setdefault(image_id, set()).add(folder + extension)
    return found


def _problem(image: Image, stored: dict[str, set[str]]) -> str:
    """Return what is wrong with the objects of a removed image, or ""."""
    found = stored.get(image.id, set())
    if image.place is Place.PURGED:
        return f"was deleted, and {sorted(found)} are stored" if found else ""
    if f"{object_keys.IMAGES}png" in found:
        return "is in the trash, and at its address"
    is_whole = f"{object_keys.ORIGINALS}trash" in found and len(found) > 1
    return "" if is_whole else f"is in the trash, where {sorted(found)} are stored"


def compare_ledger(book: OrderBook, database: MongoDatabase, result: Result) -> None:
    """Settle what was interrupted, and compare the ledger with the records, to the micro."""
    records, ledger = MongoRecords(database), MongoLedger(database)
    settle = SettleReservations(AccountedRecords(records, ledger), _Later())
    interrupted = list(settle.interrupted())
    for reservation in interrupted:
        settle.settle(reservation)
    today = datetime.now(UTC).date()
    spent = sum(day.micros for day in ledger.days("", today - timedelta(days=1), today).values())
    costs = {image.id: _micros(image.body) for image in book.images if image.body}
    booked = sum(_booked(record, costs) for record in _all_records(records))
    result.figure("interrupted reservations settled", len(interrupted))
    result.figure("ledger, micros", spent)
    result.figure("ledger less records, micros", spent - booked)
    if spent != booked:
        result.violate(f"the ledger counts {spent} micros, the records {booked}")


def _booked(record: ImageRecord, costs: dict[str, int]) -> int:
    """Return what the ledger counts for a record; what is left of a deleted one has no cost."""
    if record.state is State.DELETED and not record.booked_micros:
        return costs.get(record.id, 0)
    return record.booked_micros


def _all_records(records: MongoRecords) -> list[ImageRecord]:
    found: list[ImageRecord] = []
    while page := records.scan(after=found[-1].id if found else "", limit=500):
        found += page
    return found


def _micros(body: dict[str, Any]) -> int:
    return round((body["cost_usd"] or 0) * 1_000_000)
