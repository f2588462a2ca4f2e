"""Keep the ledger consistent with the records.

A record's `booked_micros` is what the ledger counts for it. The write that changes it also books
the difference, so each difference is booked once. After a crash between the two, the ledger counts
more than was spent, never less. One amount is counted without being in any record: the cost of
enhancing a prompt that was then refused, once a request with the same Idempotency-Key replaces the
record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.models import ImageRecord, Spending
from app.ports import ImageRecords, Ledger
from app.usecases.billing.budgets import record_spending


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
        """Insert a record, and book its cost; False if its id is taken.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        unbooked = replace(record, booked_micros=0, image=None)
        return self._write(unbooked, record, lambda: self.records.insert(record))

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Replace a record, and book the difference in cost.

        Returns False if another server has changed the record.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        return self._write(old, new, lambda: self.records.compare_and_swap(old, new))

    def _write(self, old: ImageRecord, new: ImageRecord, write: Callable[[], bool]) -> bool:
        """Book an increase before the write, and a decrease after it.

        A crash in between never leaves less counted than was spent.
        """
        change = new.booked_micros - old.booked_micros
        increase = max(change, 0)
        self._book(new, Spending(micros=increase))
        if not write():
            self._book(new, Spending(micros=-increase))
            return False
        # Another cutout of an image that was counted is no further one.
        images = 0 if new.parent else (new.image is not None) - (old.image is not None)
        unknown = images if new.cost_micros is None else 0
        rest = Spending(micros=change - increase, images=images, images_of_unknown_cost=unknown)
        self._book(new, rest)
        return True

    def _book(self, record: ImageRecord, change: Spending) -> None:
        record_spending(self.ledger, record.owner, change, record.requested_at)
