"""Import images that were made elsewhere."""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.errors import Charged, GenerationInProgress
from app.imaging import AUTOMATIC, CutoutOptions
from app.models import ANONYMOUS, Caller, ImageRecord, State
from app.models.prompts import fold
from app.ports import Clock, ImageProcessor, ImageRecords
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.provenance import IMPORTED

_LEASE = timedelta(minutes=5)
_NAMESPACE = uuid.UUID("6c1f7d1e-2f0b-5d0c-9a53-8f6f2f9d6b11")  # of ids derived from image bytes


@dataclass(frozen=True, kw_only=True)
class ExportedImage:
    """An image to import, with its metadata; unknown fields are "" or None.

    `options` are those that the data is to be cut out with, and `parent` is the id of the image
    whose original it is.
    """

    data: bytes
    prompt: str
    new_prompt: str = ""
    image_id: str = ""
    requested_at: datetime | None = None
    created_at: datetime | None = None
    provider: str = ""
    model: str = ""
    quality: str = ""
    size: str = ""
    parent: str = ""
    options: CutoutOptions = AUTOMATIC
    caller: Caller = field(default=ANONYMOUS)


@dataclass(frozen=True, kw_only=True)
class ImportImage:
    """Stores an image as if it had been generated here, at no cost."""

    records: ImageRecords
    image_processor: ImageProcessor
    clock: Clock
    finalizer: ImageFinalizer

    def __call__(self, exported: ExportedImage) -> ImageRecord | None:
        """Store the original, cut out the image and write its record.

        An image without an id gets one that derives from its bytes and its owner, so importing it
        again does nothing.

        Returns:
            The record; None if it already exists.

        Raises:
            UnusableImage: the bytes can't be decoded as a PNG, WEBP or JPEG image.
            GenerationInProgress: another process is importing it.
            StorageUnavailable: the store is unreachable.
            RecordsUnavailable: the records are unreachable.
        """
        self.image_processor.inspect(exported.data)
        record = new_record(exported, now=self.clock.now(), lease=_LEASE)
        existing = self.records.get(record.id)
        if existing is None:
            written = self.records.insert(record)
        elif self._may_be_replaced(existing):
            written = self.records.compare_and_swap(existing, record)
        elif existing.state is not State.PENDING:
            return None
        else:
            written = False
        if not written:
            raise GenerationInProgress(record.id)
        return self.finalizer.finalize(record, exported.data)

    def _may_be_replaced(self, record: ImageRecord) -> bool:
        """Return whether it is the record of a deleted image, or of an import that failed.

        A record that has an Idempotency-Key, or that may have been charged for, was not left by an
        import.
        """
        is_abandoned = record.state is State.PENDING and not record.is_leased(self.clock.now())
        has_ended = is_abandoned or record.state is State.FAILED
        has_ended = has_ended or record.is_tombstone
        return has_ended and not record.claim and record.charged is Charged.NO


def derived_id(caller: Caller, data: bytes) -> str:
    """Return the id of an image that is made of these bytes, and of nothing else."""
    sha256 = hashlib.sha256(data).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, f"{caller.id}\n{sha256}"))


def new_record(exported: ExportedImage, *, now: datetime, lease: timedelta) -> ImageRecord:
    """Return the pending record of an image to import, which is leased from now on."""
    return ImageRecord(
        id=exported.image_id or derived_id(exported.caller, exported.data),
        state=State.PENDING,
        requested_at=exported.requested_at or exported.created_at or now,
        lease_until=now + lease,
        created_at=exported.created_at or now,
        owner=exported.caller.id,
        first_prompt=exported.prompt,
        prompt=exported.prompt.strip(),
        subject=exported.new_prompt,
        tokens=fold(exported.prompt, exported.new_prompt),
        quality=exported.quality,
        size=exported.size,
        provider=exported.provider or IMPORTED,
        model=exported.model,
        parent=exported.parent,
        cutout_options=exported.options.to_document(),
    )
