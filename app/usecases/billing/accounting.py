"""Keep the ledger consistent with the records.

A record's `booked_micros` is what the ledger counts for it. The write that changes it also books
the difference, so each difference is booked once. After a crash between the two, the ledger counts
more than was spent, never less: the ledger has a note of each reservation, written before it is
made and removed once it is settled, and `SettleReservations` completes what was interrupted. One
amount is counted without being in any record: the cost of enhancing a prompt that was then refused,
once a request with the same Idempotency-Key replaces the record.

The ids of the operations follow from the attempt and what happens to it, so that a
repeat counts nothing, on any server and at any time:

    reserve   once for an attempt, also when its record is rebuilt from the sidecar
    settle    once for each amount that is replaced by a lower one
    image     once for an image, with the settlement of its cost
"""

import contextlib
import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import BudgetExceeded, PriceUnknown, RecordsUnavailable
from app.models import ImageRecord, OpenReservation, Spending, State
from app.ports import ImageRecords, Ledger
from app.usecases.billing.budgets import record_spending

_log = logging.getLogger(__name__)
_ENDED_EARLY = (State.UNKNOWN, State.FAILED)


def reservation_of(record: ImageRecord) -> str:
    """Return the id of the operation that reserves the maximum cost."""
    return reservation(attempt_of(record))


def settlement_of(record: ImageRecord) -> str:
    """Return the id of the operation that lowers the record's amount."""
    return settlement(attempt_of(record), record.booked_micros)


def reservation(attempt: str) -> str:
    """Return the id of the operation that reserves the maximum cost of an attempt."""
    return f"{attempt}/reserve"


def settlement(attempt: str, micros: int) -> str:
    """Return the id of the operation that lowers this amount of an attempt."""
    return f"{attempt}/settle/{micros}"


def attempt_of(record: ImageRecord) -> str:
    """Return the id of the record's attempt."""
    # Records of earlier versions have no attempt.
    return record.attempt or f"{record.id}/{record.requested_at.isoformat()}"


def open_reservation_of(record: ImageRecord) -> OpenReservation:
    """Return the note of what the ledger counts for a record."""
    return OpenReservation(
        attempt=attempt_of(record),
        image_id=record.id,
        account=record.owner,
        micros=record.booked_micros,
        at=record.requested_at,
    )


@dataclass(frozen=True)
class AccountedRecords:
    """Writes records, and books their cost in the ledger."""

    records: ImageRecords
    ledger: Ledger

    def get(self, image_id: str) -> ImageRecord | None:
        """Return the record, in any state, or None.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        return self.records.get(image_id)

    def insert(self, record: ImageRecord) -> bool:
        """Insert a rebuilt record, and book its cost; False if its id is taken.

        Nothing is booked if the ledger knows the attempt: then it counts its cost already.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        # Not undone if the insert fails: another server has inserted the same attempt.
        self._book(reservation_of(record), record, Spending(micros=record.booked_micros))
        if not self.records.insert(record):
            return False
        self._settle(record, 0, images=int(record.image is not None))
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Replace a record, and book the difference in cost.

        An increase is booked before the write, and a decrease after it. A crash in between never
        leaves less counted than was spent.

        Returns False if another server has changed the record.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        change = new.booked_micros - old.booked_micros
        if old.booked_micros and old.state in _ENDED_EARLY:
            self.ledger.note_open([open_reservation_of(old)])  # it was settled
        increase = f"{attempt_of(new)}/increase/{uuid.uuid4().hex}"  # not shared: it may be undone
        self._book(increase, new, Spending(micros=max(change, 0)))
        if not self._swap(old, new):
            self._book(f"{increase}/undo", new, Spending(micros=min(-change, 0)))
            return False
        images = (new.image is not None) - (old.image is not None)
        settled = self._settle(new, min(change, 0), images=images, settlement=settlement_of(old))
        if settled and old.booked_micros and _has_ended(old, new):
            note_settled(self.ledger, attempt_of(old))
        return True

    def settle_again(self, opened: OpenReservation, record: ImageRecord) -> None:
        """Repeat the settlement of a record that has ended, which a crash may have prevented.

        Raises:
            RecordsUnavailable: the ledger can't be reached.
        """
        is_image = record.image is not None or record.state is State.DELETED
        settled = self._settle(
            record,
            min(record.booked_micros - opened.micros, 0),
            images=int(is_image),
            settlement=settlement(opened.attempt, opened.micros),
        )
        if settled:
            self.ledger.note_settled([opened.attempt])

    def _swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        try:
            return self.records.compare_and_swap(old, new)
        except RecordsUnavailable:
            if self.records.get(new.id) == new:  # only the response was lost
                return True
            raise

    def _settle(
        self, record: ImageRecord, micros: int, *, images: int, settlement: str = ""
    ) -> bool:
        # Another cutout of an image that was counted is no further one.
        images = 0 if record.parent else images
        unknown = images if record.cost_micros is None else 0
        operation = f"{record.id}/image" if images > 0 else settlement
        change = Spending(micros=micros, images=images, images_of_unknown_cost=unknown)
        return self._book(operation, record, change)

    def _book(self, operation: str, record: ImageRecord, change: Spending) -> bool:
        return record_spending(self.ledger, operation, record.owner, change, record.requested_at)


def _has_ended(old: ImageRecord, new: ImageRecord) -> bool:
    return new.state is not State.PENDING and not old.is_finished


@contextlib.contextmanager
def noted(ledger: Ledger, records: Sequence[ImageRecord]) -> Iterator[None]:
    """Note what is about to be reserved, so that a crash leaves nothing counted forever."""
    opened = [open_reservation_of(record) for record in records if record.booked_micros]
    if opened:
        ledger.note_open(opened)
    try:
        yield
    except (BudgetExceeded, PriceUnknown):
        for one in opened:
            note_settled(ledger, one.attempt)
        raise


def note_settled(ledger: Ledger, attempt: str) -> None:
    """Forget the open reservation of an attempt; if that fails, it is settled again later."""
    try:
        ledger.note_settled([attempt])
    except RecordsUnavailable as error:
        _log.warning("the reservation of %s stays open for now: %s", attempt, error.detail)
