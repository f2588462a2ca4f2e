"""Make images that cost nothing and whose id follows from what they are made of.

The order of the steps is that of a generation: the record is inserted before anything is stored,
and the original is stored before the image. So whatever a crash leaves is finished by recovery.

The id of a deleted image is not used again while its tombstone is kept. A deletion may be delayed,
in a stopped process or on its way to the store, and would remove the objects of the new image.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from app.errors import (
    GenerationInProgress,
    ImageDamaged,
    ImageNotFound,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.imaging import Cutout
from app.models import ImageRecord, State
from app.ports import Clock, ImageRecords
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.recovery import Recovery
from app.usecases.images.trash import Trash

LEASE = timedelta(seconds=90)
"""The lease of a new record: longer than cutting out and storing take, with all waiting."""

_MAX_IDS = 8  # of images with the same origin, of which at most one is not deleted
_REPEATED = {State.FAILED, State.UNKNOWN}
_WAIT_SECONDS, _POLL_SECONDS = 10.0, 0.1  # for another request that makes the same image
_NOT_STORED = (
    "The image storage is unavailable. Nothing is lost. Send the same request again later."
)


@dataclass(frozen=True, kw_only=True)
class FreeImage:
    """The record of the image; `created` is False if an earlier request made it."""

    record: ImageRecord
    created: bool


@dataclass(frozen=True, kw_only=True)
class PreparedImage:
    """An image to make.

    Attributes:
        record: a new record with a lease.
        original: the original.
        cutout: the cutout, if it was made to check the original.
    """

    record: ImageRecord
    original: bytes
    cutout: Cutout | None = None


@dataclass(frozen=True, kw_only=True)
class FreeImages:
    """Makes each image once, however often and by however many servers it is requested.

    Args:
        records: store the records.
        clock: determines leases.
        trash: returns an image that is requested again.
        finalizer: stores the image and finalizes the record.
        recovery: finishes an earlier request that was interrupted.
        sleep: waits a number of seconds.
    """

    records: ImageRecords
    clock: Clock
    trash: Trash
    finalizer: ImageFinalizer
    recovery: Recovery
    sleep: Callable[[float], object] = field(default=time.sleep)

    def find_or_make(
        self,
        derived_id: str,
        prepare: Callable[[str], PreparedImage],
        *,
        in_progress: str,
    ) -> FreeImage:
        """Return the image, or make it.

        Args:
            derived_id: the id that follows from what it is made of.
            prepare: called with the image's id before anything is stored, and again if another
                request ends without an image.
            in_progress: the error message if another request keeps making it.

        Raises:
            ImageDamaged: its original can't be used.
            GenerationInProgress: another request keeps making the same image.
            StorageUnavailable: the store is unreachable; the same request continues later.
            RecordsUnavailable: the records are unreachable; the same request continues later.
        """
        deadline = self.clock.monotonic() + _WAIT_SECONDS
        while True:
            image_id, existing = find_image(self.records, derived_id)
            if existing is not None and existing.is_finished:
                return FreeImage(record=existing, created=False)
            try:
                made = self._advance(image_id, existing, prepare)
            except GenerationInProgress as error:
                if self.clock.monotonic() >= deadline:
                    raise GenerationInProgress(error.detail, message=in_progress) from None
                self.sleep(_POLL_SECONDS)
            else:
                if made.state is State.READY:
                    return FreeImage(record=made, created=True)

    def _advance(
        self,
        image_id: str,
        existing: ImageRecord | None,
        prepare: Callable[[str], PreparedImage],
    ) -> ImageRecord:
        """Make the image, or take the next step towards it; return its record.

        Raises:
            GenerationInProgress: another request is making it.
        """
        if existing is None or existing.is_tombstone or existing.state in _REPEATED:
            return self._make(existing, prepare(image_id))
        if existing.state is State.TRASHED:
            with suppress(ImageNotFound):  # another process has deleted it for good
                self.trash.restore(image_id)
            raise GenerationInProgress(f"{image_id} was in the trash")
        if existing.is_leased(self.clock.now()):
            raise GenerationInProgress(image_id)
        return _without_provider_errors(lambda: self.recovery(existing))

    def _make(self, existing: ImageRecord | None, prepared: PreparedImage) -> ImageRecord:
        pending, original, cutout = prepared.record, prepared.original, prepared.cutout
        if existing is None:
            written = self.records.insert(pending)
        else:
            written = self.records.compare_and_swap(existing, pending)
        if not written:
            raise GenerationInProgress(pending.id)
        # The caller has the original, so it needs no room in the spool.
        return _without_provider_errors(
            lambda: self.finalizer.finalize(pending, original, safe=True, cutout=cutout)
        )


def find_image(records: ImageRecords, derived_id: str) -> tuple[str, ImageRecord | None]:
    """Return the id of an image, or the one under which to make it, with its record.

    Args:
        records: contain the images.
        derived_id: the id that follows from what the image is made of.

    Raises:
        GenerationInProgress: too many images with this origin are being deleted.
        RecordsUnavailable: the records are unreachable.
    """
    unused, tombstones = list[str](), list[ImageRecord]()
    for image_id in _ids(derived_id):
        record = records.get(image_id)
        if record is None:
            unused.append(image_id)
        elif record.state is not State.DELETED:
            return image_id, record
        elif record.is_tombstone:
            tombstones.append(record)
    if unused:
        return unused[0], None
    if not tombstones:
        raise GenerationInProgress(f"{derived_id} is being deleted")
    oldest = min(tombstones, key=lambda record: record.lease_until)
    return oldest.id, oldest


def _ids(derived_id: str) -> Iterator[str]:
    """Yield the ids that the image may have, each to be used after the one before is deleted."""
    yield derived_id
    namespace = uuid.UUID(derived_id)
    yield from (str(uuid.uuid5(namespace, str(number))) for number in range(2, _MAX_IDS + 1))


def _without_provider_errors(finish: Callable[[], ImageRecord]) -> ImageRecord:
    """Translate the errors of a generation, which speak of payments and keys."""
    try:
        return finish()
    except StorageUnavailable as error:
        raise StorageUnavailable(error.detail, message=_NOT_STORED) from None
    except ProviderBadResponse as error:
        raise ImageDamaged(error.detail) from None
