"""Buys one image: the only place where money is spent.

The order of the steps is the promise that no image is paid for twice or lost. The row is written
before paying, the original is stored before anything else is done with it, and every key derives
from the row's id, so that whatever a crash leaves behind can be found again.
"""

import logging
from dataclasses import dataclass, replace

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ProviderBadResponse,
    TransparencyRefused,
)
from app.models import ANONYMOUS, Caller, GeneratedImage, ImageRecord, ImageRequest, State
from app.models.prompts import fold
from app.ports import Ports
from app.usecases.billing.pricing import total
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.idempotency import IdempotencyService
from app.usecases.generation.pending_records import PendingRecords
from app.usecases.generation.progress import NO_LISTENER, ProgressListener
from app.usecases.operations.health import Readiness

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenerationResult:
    """A ready image; `replayed` tells that an earlier request with the same key made it."""

    generation: ImageRecord
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class GenerateImage:
    """Turns a request into a stored image and its row.

    Args:
        ports: the outside world.
        readiness: asked before any money is spent.
        repeats: knows the keys that were used before.
        keeper: keeps what was bought.
        intents: write down what is about to be bought, and hold the money.
    """

    ports: Ports
    readiness: Readiness
    repeats: IdempotencyService
    keeper: ImageFinalizer
    intents: PendingRecords

    def __call__(
        self,
        request: ImageRequest,
        *,
        caller: Caller = ANONYMOUS,
        claim: str = "",
        viewer: ProgressListener = NO_LISTENER,
    ) -> GenerationResult:
        """Draw, keep, cut out, store and record one image; or answer from an earlier request.

        Args:
            request: the validated wish.
            caller: who asks, and will own the image.
            claim: stands for caller and Idempotency-Key (see `claim_of`); "" for none.
            viewer: watches it; an answer from an earlier request shows nothing.

        Raises:
            AppError: with `charged` always set.
        """
        drawn_by = self.ports.generator
        watch = self.ports.observer.generation(
            caller=caller.id, provider=drawn_by.provider, model=drawn_by.model
        )
        with watch:
            try:
                answer = self._answer(request, caller, claim, viewer)
            except AppError as error:
                error.charged = error.charged or Charged.NO
                raise
            self.ports.observer.note(answer.generation, replayed=answer.replayed)
            return answer

    def _answer(
        self, request: ImageRequest, caller: Caller, claim: str, viewer: ProgressListener
    ) -> GenerationResult:
        earlier = self.repeats.find_existing(claim, request.fingerprint) if claim else None
        if earlier and earlier.state is State.READY:
            return GenerationResult(earlier, replayed=True)
        with self.ports.spool.room(), self.ports.observer.follow(viewer.report_step):
            return GenerationResult(self._make(request, caller, claim, earlier, viewer))

    def _make(
        self,
        request: ImageRequest,
        caller: Caller,
        claim: str,
        earlier: ImageRecord | None,
        viewer: ProgressListener,
    ) -> ImageRecord:
        with self.ports.observer.step("moderation"):
            self.ports.moderator.check(request.prompt)
        with self.ports.observer.step("checks"):
            self.readiness.require("storage", "records")
        leased = self.intents.write(request, caller, claim, earlier)
        try:
            completed, text_cost = self._complete(request)
            leased = self._begin(leased, completed, text_cost)
            leased, drawing = self._buy(leased, completed, viewer)
        except AppError as error:
            raise self.keeper.close(leased, error) from None
        cost = total(text_cost, self.intents.estimates.prices.cost(drawing.model, drawing.usage))
        return self.keeper.keep(
            replace(leased, model=drawing.model, cost_micros=cost), drawing.data
        )

    def _begin(
        self, leased: ImageRecord, request: ImageRequest, text_cost: int | None
    ) -> ImageRecord:
        """Write down that from now on money may have been spent."""
        begun = replace(
            leased,
            lease_until=self.ports.clock.now()
            + self.intents.lease,  # writing may have taken a while
            subject=request.subject,
            prompt_suffix=request.prompt_suffix,
            tokens=fold(request.prompt, request.subject),
            charged=Charged.UNKNOWN if self.ports.generator.costs_money else Charged.NO,
            text_micros=leased.text_micros if text_cost is None else text_cost,
        )
        _log.debug("%s is drawn as: %s", begun.id, begun.new_prompt)
        self._write(leased, begun)
        return begun

    def _write(self, leased: ImageRecord, begun: ImageRecord) -> None:
        with self.ports.observer.step("record"):
            written = self.ports.records.compare_and_swap(leased, begun)
        if not written:
            raise GenerationInProgress("the lease ran out before paying", charged=Charged.NO)

    def _complete(self, request: ImageRequest) -> tuple[ImageRequest, int | None]:
        """Return the request as it is drawn, and what enhancing cost; None if it is unknown."""
        estimates, writer = self.intents.estimates, self.ports.writer
        if not request.enhance:
            return estimates.complete(request), 0
        with self.ports.observer.step("enhance"):
            enhanced = writer.enhance(request.prompt)
        cost = estimates.prices.cost(writer.model, enhanced.usage) if writer.costs_money else 0
        return estimates.complete(request, subject=enhanced.prompt), cost

    def _buy(
        self, leased: ImageRecord, request: ImageRequest, viewer: ProgressListener
    ) -> tuple[ImageRecord, GeneratedImage]:
        """Draw; on white instead, if the model turns out not to leave backgrounds out."""
        try:
            return leased, self._draw(leased, request, viewer)
        except TransparencyRefused:
            request = self.intents.estimates.complete(request, subject=request.subject)
        on_white = replace(
            leased,
            lease_until=self.ports.clock.now() + self.intents.lease,
            prompt_suffix=request.prompt_suffix,
        )
        self._write(leased, on_white)
        return on_white, self._draw(on_white, request, viewer)

    def _draw(
        self, leased: ImageRecord, request: ImageRequest, viewer: ProgressListener
    ) -> GeneratedImage:
        try:
            with self.ports.observer.step("upstream"):
                return self.ports.generator.draw(request, on_partial=viewer.report_partial)
        except ProviderBadResponse as error:
            if error.evidence:
                self.keeper.keep_evidence(leased, error.evidence)
            raise
