"""Writes down what is about to be bought, with its money held, before anything of it is paid."""

import contextlib
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from app.errors import GenerationInProgress, RecordsUnavailable
from app.models import Caller, ImageRecord, ImageRequest, State
from app.ports import Ports
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.generation.estimates import Estimates


@dataclass(frozen=True, kw_only=True)
class PendingRecords:
    """Makes pending rows.

    Args:
        ports: the outside world.
        estimates: tell what an image may cost.
        till: holds the budgets.
        lease: how long a generation may take before it counts as abandoned.
    """

    ports: Ports
    estimates: Estimates
    till: BudgetGuard
    lease: timedelta

    def write(
        self,
        request: ImageRequest,
        caller: Caller,
        claim: str,
        earlier: ImageRecord | None,
    ) -> ImageRecord:
        """Hold the most that it may cost, then insert the row.

        Args:
            request: the validated wish.
            caller: who asks, and will own the image.
            claim: stands for caller and Idempotency-Key; "" for none.
            earlier: the row of a try that failed before an image was paid, to begin again with.

        Raises:
            BudgetExceeded: a budget has too little left.
            PriceUnknown: there is a budget, and nobody knows what it may cost.
            GenerationInProgress: another request with this claim was faster.
            RecordsUnavailable: nothing was written, or nobody knows.
        """
        intent = self._intent(request, caller, claim)
        intent = self._reserved(intent, request, caller)
        if earlier is not None:
            intent = replace(intent, id=earlier.id)
        try:
            with self.ports.observer.step("record"):
                written = self._put(intent, earlier)
        except RecordsUnavailable:
            self._give_back_unless_written(intent, caller)
            raise
        if not written:
            self._give_back(intent, caller)
            raise GenerationInProgress("another request with this key was faster")
        self.ports.observer.note(intent)
        return intent

    def _put(self, intent: ImageRecord, earlier: ImageRecord | None) -> bool:
        if earlier is None:
            return self.ports.records.insert(intent)
        return self.ports.records.compare_and_swap(earlier, intent)

    def _reserved(self, intent: ImageRecord, request: ImageRequest, caller: Caller) -> ImageRecord:
        """Count the most that this may cost, before anything of it is paid or written down."""
        text, most = self.estimates.most(request)
        held = self.till.reserve(caller, most, intent.requested_at)
        return replace(intent, booked_micros=held, text_micros=min(text or 0, held))

    def _give_back_unless_written(self, intent: ImageRecord, caller: Caller) -> None:
        """Give back what is held only if the records can say that no row tells of it."""
        with contextlib.suppress(RecordsUnavailable):
            row = self.ports.records.get(intent.id)
            if row is None or row.requested_at != intent.requested_at:
                self._give_back(intent, caller)

    def _give_back(self, intent: ImageRecord, caller: Caller) -> None:
        self.till.settle(caller, -intent.booked_micros, intent.requested_at)

    def _intent(self, request: ImageRequest, caller: Caller, claim: str) -> ImageRecord:
        now = self.ports.clock.now()
        return ImageRecord(
            id=str(uuid.uuid4()),
            state=State.PENDING,
            requested_at=now,
            lease_until=now + self.lease,
            owner=caller.id,
            claim=claim,
            fingerprint=request.fingerprint,
            first_prompt=request.first_prompt,
            prompt=request.prompt,
            quality=self.estimates.complete(request).quality,
            size=request.size,
            provider=self.ports.generator.provider,
            model=self.ports.generator.model,
        )
