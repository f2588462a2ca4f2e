"""Settle reservations that a crash left open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from app.models import ImageRecord, OpenReservation, Spending, State
from app.ports import Clock
from app.usecases.billing.accounting import (
    AccountedRecords,
    attempt_of,
    reservation,
    settlement,
)
from app.usecases.billing.budgets import SERVER

_MIN_AGE = timedelta(minutes=15)  # a request writes its record within seconds
_MAX_LISTED = 500


@dataclass(frozen=True)
class SettleReservations:
    """Makes the ledger count exactly what the records do, whenever a server was killed.

    A reservation is noted before it is made, and forgotten once its record has ended and the
    ledger counts the record's amount. What is still noted later was interrupted: without a record
    nothing was paid, and it is taken back; otherwise its settlement is repeated. All changes have
    the ids that the interrupted server would have used, so each counts once.

    Args:
        records: contain the records, and the ledger.
        clock: determines which reservations are old enough.
    """

    records: AccountedRecords
    clock: Clock

    def interrupted(self) -> Iterator[OpenReservation]:
        """Yield old reservations whose record does not exist or has ended.

        Raises:
            RecordsUnavailable: the ledger or the records can't be reached.
        """
        before = self.clock.now() - _MIN_AGE
        for opened in self.records.ledger.list_open(before, limit=_MAX_LISTED):
            record = self._record_of(opened)
            if record is None or record.state is not State.PENDING:
                yield opened

    def settle(self, opened: OpenReservation) -> None:
        """Settle a reservation, unless its record is pending.

        Raises:
            RecordsUnavailable: the ledger or the records can't be reached.
        """
        record = self._record_of(opened)
        if record is None:
            self._take_back(opened)
        elif record.state is not State.PENDING:
            self.records.settle_again(opened, record)

    def settle_attempt(self, attempt: str) -> None:
        """Settle the reservation of an attempt, if it is still open.

        Raises:
            RecordsUnavailable: the ledger or the records can't be reached.
        """
        opened = self.records.ledger.find_open(attempt)
        if opened is not None:
            self.settle(opened)

    def _record_of(self, opened: OpenReservation) -> ImageRecord | None:
        """Return the record of this attempt, or None if it was not written."""
        record = self.records.get(opened.image_id)
        return record if record and attempt_of(record) == opened.attempt else None

    def _take_back(self, opened: OpenReservation) -> None:
        """Complete the reservation, and settle it with nothing."""
        ledger, accounts = self.records.ledger, {opened.account, SERVER}
        ledger.complete(reservation(opened.attempt), accounts, opened.micros, opened.at)
        ledger.record_spending(
            settlement(opened.attempt, opened.micros),
            accounts,
            Spending(micros=-opened.micros),
            opened.at,
        )
        ledger.note_settled([opened.attempt])
