"""Make another image from the original of a stored one. Never pays.

The order of the steps is that of a generation: the record is inserted before anything is stored,
and the original is stored before the image. So whatever a crash leaves is finished by recovery.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ImageDamaged,
    ImageNotFound,
    ProviderBadResponse,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import CutoutOptions
from app.models import ImageRecord, State
from app.ports import Clock, ImageRecords
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.recovery import Recovery
from app.usecases.images.cutout_inputs import CutoutInputs
from app.usecases.images.images import Images
from app.usecases.images.replacement import ReplaceImage

_REPEATED = {State.FAILED, State.UNKNOWN}
_NAMESPACE = uuid.UUID("f2d0a5b0-6f0e-5a3a-9c1b-0d9d3c6f4e77")  # of ids derived from options
_LEASE = timedelta(seconds=90)  # longer than cutting out and storing take, with all waiting
_WAIT_SECONDS, _POLL_SECONDS = 10.0, 0.1  # for another request that makes the same image
_IN_PROGRESS = "This cutout is being made. Send the same request again in a few seconds."
_NOT_STORED = (
    "The image storage is unavailable. Nothing is lost. Send the same request again later."
)


@dataclass(frozen=True, kw_only=True)
class CutoutRequest:
    """What to make of an image.

    Attributes:
        parent_id: the id of the image.
        options: the options of the new cutout, without a mask; they don't add to the image's.
        mask: the mask as the caller sent it, a PNG file; empty for none.
        replace: whether the new image takes the place of the newest version of that image.
        owner: the caller whose image it has to be; None for any.
    """

    parent_id: str
    options: CutoutOptions
    mask: bytes = b""
    replace: bool = False
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class CutoutResult:
    """The record of the new image; `created` is False if an earlier request made it."""

    record: ImageRecord
    created: bool


@dataclass(frozen=True, kw_only=True)
class CreateCutout:
    """Makes an image from the original of another, with other options.

    The id of the image follows from that of its parent and the options, so equal requests have
    equal results.

    Args:
        records: store the records.
        clock: determines leases.
        images: reads and deletes images.
        inputs: reads originals and checks options.
        finalizer: stores the image and finalizes the record.
        recovery: finishes an earlier request that was interrupted.
        replace_image: lets the new image take the place of its parent.
        sleep: waits a number of seconds.
    """

    records: ImageRecords
    clock: Clock
    images: Images
    inputs: CutoutInputs
    finalizer: ImageFinalizer
    recovery: Recovery
    replace_image: ReplaceImage
    sleep: Callable[[float], object] = time.sleep

    def __call__(self, request: CutoutRequest) -> CutoutResult:
        """Make the image, or return that of an earlier equal request.

        Raises:
            ImageNotFound: there is no such image.
            InvalidRequest: an option is invalid for this image.
            OriginalMissing: its original is missing.
            ImageDamaged: its original can't be used.
            GenerationInProgress: another request keeps making the same image.
            StorageUnavailable: the store is unreachable; the same request continues later.
            RecordsUnavailable: the records are unreachable; the same request continues later.
        """
        try:
            parent = self.images.record(request.parent_id, owner=request.owner)
            options = self.inputs.add_mask(request.options, request.mask, parent)
            result = self._find_or_create(parent, options)
            if request.replace:
                self.replace_image(parent, self._confirmed(result.record))
        except AppError as error:
            error.charged = Charged.NO
            raise
        return result

    def _find_or_create(self, parent: ImageRecord, options: CutoutOptions) -> CutoutResult:
        image_id = _derived_id(parent, options)
        deadline = self.clock.monotonic() + _WAIT_SECONDS
        while True:
            existing = self.records.get(image_id)
            if existing is not None and existing.is_finished:
                return CutoutResult(record=existing, created=False)
            try:
                made = self._advance(parent, options, image_id, existing)
            except GenerationInProgress as error:
                if self.clock.monotonic() >= deadline:
                    raise GenerationInProgress(error.detail, message=_IN_PROGRESS) from None
                self.sleep(_POLL_SECONDS)
            else:
                if made.state is State.READY:
                    return CutoutResult(record=made, created=True)

    def _advance(
        self,
        parent: ImageRecord,
        options: CutoutOptions,
        image_id: str,
        existing: ImageRecord | None,
    ) -> ImageRecord:
        """Make the image, or take the next step towards it; return its record.

        Raises:
            GenerationInProgress: another request is making it.
        """
        if existing is None or existing.is_tombstone or existing.state in _REPEATED:
            return self._create(parent, options, image_id, existing)
        if existing.state is State.DELETED:
            with suppress(ImageNotFound):  # another process has finished the deletion
                self.images.delete(image_id)
            raise GenerationInProgress(f"{image_id} was being deleted")
        if existing.is_leased(self.clock.now()):
            raise GenerationInProgress(image_id)
        return _without_provider_errors(lambda: self.recovery(existing))

    def _create(
        self,
        parent: ImageRecord,
        options: CutoutOptions,
        image_id: str,
        failed: ImageRecord | None,
    ) -> ImageRecord:
        original = self.inputs.original_of(parent)
        self.inputs.check_areas(original, options)
        now = self.clock.now()
        pending = replace(
            parent.cutout(image_id, now=now, lease_until=now + _LEASE),
            cutout_options=options.to_document(),
        )
        if failed is None:
            written = self.records.insert(pending)
        else:
            written = self.records.compare_and_swap(failed, pending)
        if not written:
            raise GenerationInProgress(image_id)
        # The parent has the original, so it needs no room in the spool.
        return _without_provider_errors(
            lambda: self.finalizer.finalize(pending, original, safe=True)
        )

    def _confirmed(self, record: ImageRecord) -> ImageRecord:
        """Return the stored record, which must be finished before anything is replaced.

        Raises:
            ImageNotFound: the image was deleted in the meantime.
            RecordsUnavailable: the image is stored, but its record is not known to be.
        """
        stored = self.records.get(record.id)
        if stored is None or stored.state is State.DELETED:
            raise ImageNotFound(record.id)
        if not stored.is_finished:
            raise RecordsUnavailable(f"{record.id} is {stored.state}")
        return stored


def _derived_id(parent: ImageRecord, options: CutoutOptions) -> str:
    canonical = json.dumps(options.to_document(), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, f"{parent.owner}\n{parent.id}\n{digest}"))


def _without_provider_errors(finish: Callable[[], ImageRecord]) -> ImageRecord:
    """Translate the errors of a generation, which speak of payments and keys."""
    try:
        return finish()
    except StorageUnavailable as error:
        raise StorageUnavailable(error.detail, message=_NOT_STORED) from None
    except ProviderBadResponse as error:
        raise ImageDamaged(error.detail) from None
