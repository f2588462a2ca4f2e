"""Keeps the ledger in step with the records.

A record says in `booked_micros` what the ledger counts for it. The `compare_and_swap` that changes
this books the difference, so it is booked once. A crash between the two leaves more counted than
was spent, never less. One amount is counted without being in any record: what enhancing cost
before a refusal, once a request with the same Idempotency-Key replaces the record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.models import ImageRecord, Spending
from app.ports import ImageRecords, Ledger
from app.usecases.billing.budgets import record_spending


@dataclass(frozen=True)
class AccountedRecords:
    """Writes records, and books what they cost."""

    records: ImageRecords
    ledger: Ledger

    def get(self, image_id: str) -> ImageRecord | None:
        """Return the record, in any state, or None.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        return self.records.get(image_id)

    def insert(self, record: ImageRecord) -> bool:
        """Insert a record for objects that had none; False if its id is taken.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        unbooked = replace(record, booked_micros=0, image=None)
        return self._write(unbooked, record, lambda: self.records.insert(record))

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Replace the record, unless another server has changed it; then return False.

        Raises:
            RecordsUnavailable: the records can't be reached.
        """
        return self._write(old, new, lambda: self.records.compare_and_swap(old, new))

    def _write(self, old: ImageRecord, new: ImageRecord, write: Callable[[], bool]) -> bool:
        """Book what is added before writing, and what is taken off after it.

        So a crash in between never leaves less counted than was spent.
        """
        change = new.booked_micros - old.booked_micros
        added = max(change, 0)
        self._book(new, Spending(micros=added))
        if not write():
            self._book(new, Spending(micros=-added))
            return False
        images = (new.image is not None) - (old.image is not None)
        unknown = images if new.cost_micros is None else 0
        rest = Spending(micros=change - added, images=images, images_of_unknown_cost=unknown)
        self._book(new, rest)
        return True

    def _book(self, record: ImageRecord, change: Spending) -> None:
        record_spending(self.ledger, record.owner, change, record.requested_at)
