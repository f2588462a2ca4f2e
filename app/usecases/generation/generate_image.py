"""Generate one image. No other module spends money on images.

The order of the steps ensures that no image is paid for twice, and none is lost. The record is
written before paying, the original is stored before it is processed, and all object keys derive
from the record's id, so that recovery can find whatever a crash leaves behind.
"""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from app.errors import (
    AppError,
    Charged,
    ProviderBadResponse,
    StorageUnavailable,
    TransparencyRefused,
)
from app.models import ANONYMOUS, Caller, GeneratedImage, ImageRecord, ImageRequest
from app.ports import ImageGenerator, Moderator, Observer, PromptWriter, Spool, paid_calls
from app.ports.providers import InputFile
from app.usecases.billing.pricing import add_costs
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.idempotency import IdempotencyService
from app.usecases.generation.input_files import InputFiles
from app.usecases.generation.paid_call import LeasedCall
from app.usecases.generation.pending_records import PendingRecords
from app.usecases.generation.progress import NO_LISTENER, ProgressListener
from app.usecases.operations.health import Readiness
from app.usecases.operations.storage_check import StorageCheck

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenerationResult:
    """The record of a ready image.

    `replayed` means that an earlier request with the same key generated it.
    """

    record: ImageRecord
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class GenerateImage:
    """Turns a request into a stored image and its record.

    Args:
        generator, moderator, writer: the provider's ports.
        spool: reserves disk space for the paid bytes, in case the store fails.
        observer: measures the steps.
        readiness: checked before any money is spent.
        storage_check: the check of the store, which needs to know of failed writes.
        idempotency: finds earlier requests with the same key.
        estimates: completes requests.
        pending_records: writes the record before paying.
        finalizer: stores the image and finalizes the record.
        input_files: reads the inputs of edits.
    """

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter
    spool: Spool
    observer: Observer
    readiness: Readiness
    storage_check: StorageCheck
    idempotency: IdempotencyService
    estimates: Estimates
    pending_records: PendingRecords
    finalizer: ImageFinalizer
    input_files: InputFiles

    def __call__(
        self,
        request: ImageRequest,
        *,
        caller: Caller = ANONYMOUS,
        claim: str = "",
        listener: ProgressListener = NO_LISTENER,
    ) -> GenerationResult:
        """Generate, store and record an image, or return an earlier result.

        Args:
            request: the request as the caller sent it.
            caller: the owner of the image.
            claim: identifies caller and Idempotency-Key (see `claim_of`); "" for none.
            listener: receives progress events; none if the result is that of an earlier request.

        Raises:
            AppError: the generation failed; `charged` is always set.
        """
        with self.observer.generation(
            caller=caller.id,
            provider=self.generator.provider,
            model=self.generator.model,
            is_edit=request.is_edit,
        ):
            try:
                result = self._result(request, caller, claim, listener)
            except AppError as error:
                error.charged = error.charged or Charged.NO
                raise
            self.observer.note(result.record, replayed=result.replayed)
            return result

    def _result(
        self, request: ImageRequest, caller: Caller, claim: str, listener: ProgressListener
    ) -> GenerationResult:
        earlier = self.find_existing(request, claim)
        if earlier and earlier.is_finished:
            return GenerationResult(earlier, replayed=True)
        with self.spool.room(), self.observer.follow(listener.report_step):
            self.check(request)
            record = self.pending_records.create(request, caller, claim, earlier)
            return GenerationResult(self.draw(record, request, listener))

    def find_existing(self, request: ImageRequest, claim: str) -> ImageRecord | None:
        """Return the record of an earlier request with this claim: see IdempotencyService."""
        return self.idempotency.find_existing(claim, request.fingerprint) if claim else None

    def check(self, request: ImageRequest) -> None:
        """Return if the request may be paid for and its image stored.

        Raises:
            AppError: the prompt is rejected, or a part of the service doesn't respond.
        """
        with self.observer.step("moderation"):
            self.moderator.check(request.prompt)
            self.input_files.moderate(request, self.moderator)
        with self.observer.step("checks"):
            self.readiness.require("storage", "records")

    def draw(
        self, record: ImageRecord, request: ImageRequest, listener: ProgressListener
    ) -> ImageRecord:
        """Draw and store the image of a pending record, in whose thread room is reserved.

        Raises:
            AppError: it failed, and the record says so.
        """
        call = LeasedCall(pending_records=self.pending_records, record=record)
        try:
            request, text_cost = self._complete(request, record.owner)
            if record.booked_micros and (text_cost or 0) > record.text_micros:
                # The server does not know the limit of tokens. What it reports is booked.
                call.record = replace(record, text_micros=text_cost or 0)
                raise ProviderBadResponse("the text model used more tokens than were reserved")
            try:
                image = self._start(call, request, text_cost, listener)
            except TransparencyRefused:  # nothing was paid; draw on white instead
                request = self.estimates.complete(
                    request, caller_id=record.owner, subject=request.subject, on_white=True
                )
                image = self._start(call, request, text_cost, listener)
        except AppError as error:
            raise self.finalizer.fail_record(call.record, error) from None
        except Exception as error:  # reason: the record ends now, rather than with its lease
            _log.error("internal_error: %s", type(error).__name__, exc_info=error)
            unexpected = AppError(type(error).__name__, charged=call.record.charged)
            raise self.finalizer.fail_record(call.record, unexpected) from error
        cost = add_costs(text_cost, self.estimates.prices.cost(image.model, image.usage))
        if cost is not None and cost > record.booked_micros > 0:
            _log.warning("%s reports a usage above the maximum cost; that is booked", image.model)
            cost = None
        record = call.record.drawn(model=image.model, cost_micros=cost, usage=image.usage)
        return self._finalize(record, image.data)

    def _finalize(self, record: ImageRecord, data: bytes) -> ImageRecord:
        try:
            return self.finalizer.finalize(record, data)
        except StorageUnavailable:
            self.storage_check.note_failure()  # so that no further image is paid for in vain
            raise

    def _complete(self, request: ImageRequest, caller_id: str) -> tuple[ImageRequest, int | None]:
        """Return the completed request and its text cost; None if unknown."""
        if not request.enhance:
            return self.estimates.complete(request, caller_id=caller_id), 0
        with self.observer.step("enhance"):
            enhanced = self.writer.enhance(request.prompt)
        cost: int | None = 0
        if self.writer.costs_money:
            cost = self.estimates.prices.cost(self.writer.model, enhanced.usage)
        completed = self.estimates.complete(request, caller_id=caller_id, subject=enhanced.prompt)
        return completed, cost

    def _start(
        self,
        call: LeasedCall,
        request: ImageRequest,
        text_cost: int | None,
        listener: ProgressListener,
    ) -> GeneratedImage:
        """Read the request's inputs, mark the record as about to be paid, and draw."""
        with ExitStack() as stack:
            inputs: Sequence[InputFile] = ()
            if request.is_edit:
                with self.observer.step("checks"):
                    inputs = stack.enter_context(self.input_files.open(request))
            call.record = self.pending_records.start(call.record, request, text_cost)
            return self._draw(call, request, inputs, listener)

    def _draw(
        self,
        call: LeasedCall,
        request: ImageRequest,
        inputs: Sequence[InputFile],
        listener: ProgressListener,
    ) -> GeneratedImage:
        _log.debug("drawing %s with the prompt: %s", call.record.id, request.new_prompt)
        try:
            with self.observer.step("upstream"), paid_calls.checking(call):
                return self.generator.draw(
                    request, inputs=inputs, on_partial=listener.report_partial
                )
        except ProviderBadResponse as error:
            if error.evidence:
                self.finalizer.store_evidence(call.record, error.evidence)
            raise
