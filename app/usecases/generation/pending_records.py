"""Write records before the paid call, and reserve the maximum cost."""

import contextlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    RecordsUnavailable,
)
from app.models import Caller, ImageRecord, ImageRequest, State
from app.ports import Clock, ImageRecords, Observer
from app.usecases.billing.accounting import (
    attempt_of,
    note_settled,
    noted,
    reservation_of,
    settlement_of,
)
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.reservations import SettleReservations
from app.usecases.generation.estimates import Estimates


@dataclass(frozen=True, kw_only=True)
class NewAttempt:
    """An attempt at an image whose record is to be written.

    Attributes:
        claim: identifies caller and Idempotency-Key; "" for none.
        earlier: the record of an attempt that failed before an image was charged for. The new
            record replaces it, under the same id.
        turns: after how many leases it begins at the latest, counting its own.
    """

    claim: str = ""
    earlier: ImageRecord | None = None
    turns: int = 1


@dataclass(frozen=True, kw_only=True)
class PendingRecords:
    """Creates pending records, and marks them before the paid call.

    Args:
        records: store the records.
        clock: determines when leases end.
        observer: is notified of each new record.
        estimates: the maximum cost of a request, and the image model.
        budget_guard: reserves the maximum cost.
        settle_reservations: settles what an earlier attempt left open.
        lease: the time after which a generation counts as abandoned, by its quality and whether
            it is an edit.
    """

    records: ImageRecords
    clock: Clock
    observer: Observer
    estimates: Estimates
    budget_guard: BudgetGuard
    settle_reservations: SettleReservations
    lease: Callable[[str, bool], timedelta]

    def create(
        self, request: ImageRequest, caller: Caller, claim: str, earlier: ImageRecord | None
    ) -> ImageRecord:
        """Reserve the maximum cost, then insert a pending record.

        Args:
            request: the request as the caller sent it.
            caller: the owner of the image.
            claim: identifies caller and Idempotency-Key; "" for none.
            earlier: the record of an attempt that failed before an image was charged for. The new
                record replaces it, under the same id.

        Raises:
            BudgetExceeded: a budget has too little left.
            PriceUnknown: there is a budget, and the cost is unknown.
            GenerationInProgress: another request with this claim was first.
            RecordsUnavailable: the record was not written, or may not have been.
        """
        attempt = NewAttempt(claim=claim, earlier=earlier)
        (record,) = self._reserve(request, caller, [attempt])
        self._insert(record, attempt, caller)
        self.observer.note(record)
        return record

    def create_group(
        self, request: ImageRequest, caller: Caller, attempts: Sequence[NewAttempt]
    ) -> list[ImageRecord | AppError]:
        """Reserve the maximum cost of all attempts or none, then insert their pending records.

        Args:
            request: the request as the caller sent it.
            caller: the owner of the images.
            attempts: the attempts, in the order in which they begin.

        Returns:
            A record or an error for each attempt. After an error no further record is written.

        Raises:
            AppError: see `create`; no record was written.
        """
        records = self._reserve(request, caller, attempts)
        results: list[ImageRecord | AppError] = []
        problem: AppError | None = None
        for record, attempt in zip(records, attempts, strict=True):
            if problem is None:
                try:
                    self._insert(record, attempt, caller)
                except AppError as error:
                    problem = error
            else:
                self._release(record, caller)
            results.append(problem or record)
        if problem is not None and results[0] is problem:
            raise problem
        return results

    def start(
        self, record: ImageRecord, request: ImageRequest, text_cost: int | None
    ) -> ImageRecord:
        """Mark the record as possibly charged for, before the paid call.

        Args:
            record: a pending record.
            request: the completed request that is sent to the model.
            text_cost: the cost of enhancing, in micros; None if unknown.

        Raises:
            GenerationInProgress: the lease ended, and another server has taken over the record.
            RecordsUnavailable: the record was not written, or may not have been.
        """
        now = self.clock.now()
        started = record.started(
            request,
            lease_until=now
            + self.lease(request.quality, request.is_edit),  # writing may have taken a while
            charged=Charged.UNKNOWN if self.estimates.generator.costs_money else Charged.NO,
            text_micros=record.text_micros if text_cost is None else text_cost,
        )
        with self.observer.step("record"):
            self._swap_leased(record, started, now)
        return started

    def renew(self, record: ImageRecord) -> ImageRecord:
        """Renew the lease of a record whose paid call is about to be sent.

        Raises:
            GenerationInProgress: the lease ended, even if no server has taken over the record.
            RecordsUnavailable: the lease was not renewed, or may not have been.
        """
        now = self.clock.now()
        renewed = record.leased_until(now + self.lease(record.quality, bool(record.inputs)))
        self._swap_leased(record, renewed, now)
        return renewed

    def _swap_leased(self, record: ImageRecord, new: ImageRecord, now: datetime) -> None:
        if not (record.is_leased(now) and self.records.compare_and_swap(record, new)):
            raise GenerationInProgress("the lease ended before the paid call", charged=Charged.NO)

    def _reserve(
        self, request: ImageRequest, caller: Caller, attempts: Sequence[NewAttempt]
    ) -> list[ImageRecord]:
        """Return the records of attempts, whose cost is reserved."""
        now = self.clock.now()
        records = [self._new(request, caller, attempt, now) for attempt in attempts]
        for attempt in attempts:
            if attempt.earlier is not None:  # whose amounts its record is about to lose
                self.settle_reservations.settle_attempt(attempt_of(attempt.earlier))
        text_micros, total_micros = self.estimates.max_cost(request)
        text_micros = min(text_micros or 0, total_micros or 0)
        records = [
            replace(record, booked_micros=total_micros or 0, text_micros=text_micros)
            for record in records
        ]
        first, *others = [reservation_of(record) for record in records]
        with noted(self.budget_guard.ledger, records):
            self.budget_guard.reserve(first, caller, total_micros, now, others=others)
        return records

    def _insert(self, record: ImageRecord, attempt: NewAttempt, caller: Caller) -> None:
        try:
            with self.observer.step("record"):
                written = self._write(record, attempt.earlier)
        except RecordsUnavailable:
            self._release_unless_written(record, caller)
            raise
        if not written:
            self._release(record, caller)
            raise GenerationInProgress("another request with this key was first")

    def _write(self, record: ImageRecord, earlier: ImageRecord | None) -> bool:
        if earlier is None:
            return self.records.insert(record)
        return self.records.compare_and_swap(earlier, record)

    def _release_unless_written(self, record: ImageRecord, caller: Caller) -> None:
        """Release the reservation if the record is known not to be written."""
        with contextlib.suppress(RecordsUnavailable):
            stored = self.records.get(record.id)
            if stored is None or stored.requested_at != record.requested_at:
                self._release(record, caller)

    def _release(self, record: ImageRecord, caller: Caller) -> None:
        operation, released = settlement_of(record), -record.booked_micros
        guard, at = self.budget_guard, record.requested_at
        if record.booked_micros and guard.reconcile_cost(operation, caller, released, at):
            note_settled(guard.ledger, attempt_of(record))

    def _new(
        self, request: ImageRequest, caller: Caller, attempt: NewAttempt, now: datetime
    ) -> ImageRecord:
        generator, quality = self.estimates.generator, self.estimates.complete(request).quality
        return ImageRecord(
            id=attempt.earlier.id if attempt.earlier else str(uuid.uuid4()),
            state=State.PENDING,
            requested_at=now,
            lease_until=now + attempt.turns * self.lease(quality, request.is_edit),
            owner=caller.id,
            attempt=uuid.uuid4().hex,
            claim=attempt.claim,
            group=request.group,
            fingerprint=request.fingerprint,
            first_prompt=request.first_prompt,
            prompt=request.prompt,
            quality=quality,
            size=request.size,
            provider=generator.provider,
            model=generator.model,
            inputs=tuple(given.reference for given in request.inputs),
            root=request.root,
        )
