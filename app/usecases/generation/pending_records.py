"""Write records before the paid call, and reserve the maximum cost."""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.errors import Charged, GenerationInProgress, RecordsUnavailable
from app.models import Caller, ImageRecord, ImageRequest, State
from app.ports import Clock, ImageRecords, Observer
from app.usecases.billing.accounting import reservation_of, settlement_of
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.generation.estimates import Estimates


@dataclass(frozen=True, kw_only=True)
class PendingRecords:
    """Creates pending records, and marks them before the paid call.

    Args:
        records: store the records.
        clock: determines when leases end.
        observer: is notified of each new record.
        estimates: the maximum cost of a request, and the image model.
        budget_guard: reserves the maximum cost.
        lease: the time after which a generation of a quality counts as abandoned.
    """

    records: ImageRecords
    clock: Clock
    observer: Observer
    estimates: Estimates
    budget_guard: BudgetGuard
    lease: Callable[[str], timedelta]

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
        record = self._new(request, caller, claim)
        text_micros, total_micros = self.estimates.max_cost(request)
        reserved = self.budget_guard.reserve(
            reservation_of(record), caller, total_micros, record.requested_at
        )
        text_micros = min(text_micros or 0, reserved)
        record = replace(record, booked_micros=reserved, text_micros=text_micros)
        if earlier is not None:
            record = replace(record, id=earlier.id)
        try:
            with self.observer.step("record"):
                written = self._write(record, earlier)
        except RecordsUnavailable:
            self._release_unless_written(record, caller)
            raise
        if not written:
            self._release(record, caller)
            raise GenerationInProgress("another request with this key was first")
        self.observer.note(record)
        return record

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
            lease_until=now + self.lease(request.quality),  # writing may have taken a while
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
        renewed = record.leased_until(now + self.lease(record.quality))
        self._swap_leased(record, renewed, now)
        return renewed

    def _swap_leased(self, record: ImageRecord, new: ImageRecord, now: datetime) -> None:
        if not (record.is_leased(now) and self.records.compare_and_swap(record, new)):
            raise GenerationInProgress("the lease ended before the paid call", charged=Charged.NO)

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
        self.budget_guard.reconcile_cost(operation, caller, released, record.requested_at)

    def _new(self, request: ImageRequest, caller: Caller, claim: str) -> ImageRecord:
        now, generator = self.clock.now(), self.estimates.generator
        quality = self.estimates.complete(request).quality
        return ImageRecord(
            id=str(uuid.uuid4()),
            state=State.PENDING,
            requested_at=now,
            lease_until=now + self.lease(quality),
            owner=caller.id,
            attempt=uuid.uuid4().hex,
            claim=claim,
            fingerprint=request.fingerprint,
            first_prompt=request.first_prompt,
            prompt=request.prompt,
            quality=quality,
            size=request.size,
            provider=generator.provider,
            model=generator.model,
        )
