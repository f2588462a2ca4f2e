"""Buys one picture: the only place where money is spent.

The order of the steps is the promise that no picture is paid for twice or lost. The row is written
before paying, the original is stored before anything else is done with it, and every key derives
from the row's id, so that whatever a crash leaves behind can be found again.
"""

import hashlib
import json
import logging
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from app.errors import AppError, Charged, GenerationInProgress, ProviderBadResponse
from app.models import (
    ANYONE,
    Caller,
    Drawing,
    Generation,
    GenerationRequest,
    State,
)
from app.ports import Ports
from app.usecases.accounts import Till
from app.usecases.estimates import Estimates, prompt_for
from app.usecases.idempotency import Repeats
from app.usecases.keeping import Keeper
from app.usecases.pricing import total
from app.usecases.readiness import Readiness
from app.usecases.search import fold

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """A ready picture; `replayed` tells that an earlier request with the same key made it."""

    generation: Generation
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class GenerateImage:
    """Turns a request into a stored picture and its row.

    Args:
        ports: the outside world.
        readiness: asked before any money is spent.
        repeats: knows the keys that were used before.
        keeper: keeps what was bought.
        estimates: tell what that costs, before and after.
        till: holds the budgets.
        lease: how long a generation may take before it counts as abandoned.
    """

    ports: Ports
    readiness: Readiness
    repeats: Repeats
    keeper: Keeper
    estimates: Estimates
    till: Till
    lease: timedelta

    def __call__(
        self, request: GenerationRequest, *, caller: Caller = ANYONE, claim: str = ""
    ) -> Answer:
        """Draw, keep, cut out, store and record one picture; or answer from an earlier request.

        Args:
            request: the validated wish.
            caller: who asks, and will own the picture.
            claim: stands for caller and Idempotency-Key (see `claim_of`); "" for none.

        Raises:
            AppError: with `charged` always set.
        """
        drawn_by = self.ports.generator
        watch = self.ports.observer.generation(
            caller=caller.id, provider=drawn_by.provider, model=drawn_by.model
        )
        with watch:
            try:
                answer = self._answer(request, caller, claim)
            except AppError as error:
                error.charged = error.charged or Charged.NO
                raise
            self.ports.observer.note(answer.generation, replayed=answer.replayed)
            return answer

    def _answer(self, request: GenerationRequest, caller: Caller, claim: str) -> Answer:
        earlier = self.repeats.look_up(claim, _fingerprint(request)) if claim else None
        if earlier and earlier.state is State.READY:
            return Answer(earlier, replayed=True)
        with self.ports.spool.room():
            return Answer(self._make(request, caller, claim, earlier))

    def _make(
        self, request: GenerationRequest, caller: Caller, claim: str, earlier: Generation | None
    ) -> Generation:
        with self.ports.observer.step("moderation"):
            self.ports.moderator.check(request.prompt)
        with self.ports.observer.step("checks"):
            self.readiness.require("storage", "records")
        intent = self._reserved(self._intent(request, caller, claim), request, caller)
        leased = self._write_down(intent, earlier, caller)
        try:
            leased, text_cost = self._begin(leased, request)
            drawing = self._buy(leased)
        except AppError as error:
            raise self.keeper.close(leased, error) from None
        cost = total(text_cost, self.estimates.prices.cost(drawing.model, drawing.usage))
        return self.keeper.keep(
            replace(leased, model=drawing.model, cost_micros=cost), drawing.data
        )

    def _reserved(
        self, intent: Generation, request: GenerationRequest, caller: Caller
    ) -> Generation:
        """Count the most that this may cost, before anything of it is paid or written down."""
        text, most = self.estimates.most(request)
        held = self.till.reserve(caller, most, intent.requested_at)
        return replace(intent, booked_micros=held, text_micros=min(text or 0, held))

    def _intent(self, request: GenerationRequest, caller: Caller, claim: str) -> Generation:
        now = self.ports.clock.now()
        return Generation(
            id=str(uuid.uuid4()),
            state=State.PENDING,
            requested_at=now,
            lease_until=now + self.lease,
            owner=caller.id,
            claim=claim,
            fingerprint=_fingerprint(request),
            first_prompt=request.first_prompt,
            prompt=request.prompt,
            quality=self.estimates.quality_of(request),
            size=request.size,
            provider=self.ports.generator.provider,
            model=self.ports.generator.model,
        )

    def _write_down(
        self, intent: Generation, earlier: Generation | None, caller: Caller
    ) -> Generation:
        """Insert the row, or begin again with the one that failed before a picture was paid."""
        with self.ports.observer.step("record"):
            if earlier is not None:
                intent = replace(intent, id=earlier.id)
                written = self.ports.records.exchange(earlier, intent)
            else:
                written = self.ports.records.insert(intent)
        if not written:
            self.till.settle(caller, -intent.booked_micros, intent.requested_at)
            raise GenerationInProgress("another request with this key was faster")
        self.ports.observer.note(intent)
        return intent

    def _begin(
        self, leased: Generation, request: GenerationRequest
    ) -> tuple[Generation, int | None]:
        """Finish the prompt, and write down that from now on money may have been spent.

        Returns:
            The row, and what enhancing the prompt cost; None if nobody knows.
        """
        wish, text_cost = self._wish(request)
        begun = replace(
            leased,
            lease_until=self.ports.clock.now() + self.lease,  # writing may have taken a while
            new_prompt=prompt_for(wish),
            tokens=fold(request.prompt, wish),
            charged=Charged.UNKNOWN if self.ports.generator.costs_money else Charged.NO,
            text_micros=leased.text_micros if text_cost is None else text_cost,
        )
        _log.debug("%s is drawn as: %s", begun.id, begun.new_prompt)
        with self.ports.observer.step("record"):
            written = self.ports.records.exchange(leased, begun)
        if not written:
            raise GenerationInProgress("the lease ran out before paying", charged=Charged.NO)
        return begun, text_cost

    def _wish(self, request: GenerationRequest) -> tuple[str, int | None]:
        if not request.enhance:
            return request.prompt, 0
        with self.ports.observer.step("enhance"):
            enhanced = self.ports.writer.enhance(request.prompt)
        if not self.ports.writer.costs_money:
            return enhanced.prompt, 0
        return enhanced.prompt, self.estimates.prices.cost(self.ports.writer.model, enhanced.usage)

    def _buy(self, leased: Generation) -> Drawing:
        try:
            with self.ports.observer.step("upstream"):
                return self.ports.generator.draw(
                    leased.new_prompt, size=leased.size, quality=leased.quality
                )
        except ProviderBadResponse as error:
            if error.evidence:
                self.keeper.keep_evidence(leased, error.evidence)
            raise


def _fingerprint(request: GenerationRequest) -> str:
    """Identify the validated request: SHA-256 of its canonical JSON."""
    canonical = json.dumps(asdict(request), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
