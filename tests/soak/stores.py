"""Comparison of the stores after a soak: the ledger with the records, and deleted images."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from app.models import ImageRecord, State
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.mongodb.records import MongoRecords
from app.services.runtime.timing import SystemClock
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.reservations import SettleReservations
from tests.soak.customers import Order, OrderBook
from tests.soak.fleet import in_parallel
from tests.soak.report import Result

_ATTEMPTS = 20


class _Later(SystemClock):
    def now(self) -> datetime:
        """Return a time at which maintenance settles what was interrupted until now."""
        return super().now() + timedelta(hours=1)


def delete_the_rest(book: OrderBook, result: Result) -> None:
    """Repeat each deletion whose result is unknown."""
    for number, order in enumerate(book.orders):
        if order.deleting and order.deleted_at is None and order.body:
            attempts = (book.delete(order, book.servers[number % 2]) for _ in range(_ATTEMPTS))
            if not any(attempts):
                result.violations.append(f"{order.key} can't be deleted")


def compare_deleted(book: OrderBook, keys: list[str], result: Result) -> None:
    """Check that no deleted image is listed, served or stored.

    Args:
        book: all orders.
        keys: the keys of all stored objects.
        result: gets the figures and violations.
    """
    deleted = [order for order in book.orders if order.deleted_at is not None]
    listed = {key.rpartition("/")[2].partition(".")[0] for key in keys}
    restored = [order.key for order in deleted if _id_of(order) in listed]
    places = [(order, server) for order in deleted for server in book.servers]
    served = in_parallel([partial(book.fetch, order, server) for order, server in places])
    restored += [
        f"{order.key} at {server.url}"
        for (order, server), is_served in zip(places, served, strict=True)
        if is_served
    ]
    result.figures["deleted images"] = len(deleted)
    result.figures["deleted images restored"] = len(restored)
    result.violations += [f"{name} was deleted, and is there again" for name in restored]


def compare_ledger(book: OrderBook, database: MongoDatabase, result: Result) -> None:
    """Settle what was interrupted, and compare the ledger with the records, to the micro."""
    records, ledger = MongoRecords(database), MongoLedger(database)
    settle = SettleReservations(AccountedRecords(records, ledger), _Later())
    interrupted = list(settle.interrupted())
    for reservation in interrupted:
        settle.settle(reservation)
    today = datetime.now(UTC).date()
    spent = sum(day.micros for day in ledger.days("", today - timedelta(days=1), today).values())
    costs = {_id_of(order): _micros(order.body) for order in book.orders if order.body}
    booked = sum(_booked(record, costs) for record in _all_records(records))
    result.figures["interrupted reservations settled"] = len(interrupted)
    result.figures["ledger, micros"] = spent
    result.figures["ledger less records, micros"] = spent - booked
    if spent != booked:
        result.violations.append(f"the ledger counts {spent} micros, the records {booked}")


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


def _id_of(order: Order) -> str:
    return str(order.body["filename"]).partition(".")[0] if order.body else ""


def _micros(body: dict[str, Any]) -> int:
    return round((body["cost_usd"] or 0) * 1_000_000)
