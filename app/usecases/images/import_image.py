"""Import images that were made elsewhere."""

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.errors import Charged, GenerationInProgress, ImageNotFound
from app.imaging import AUTOMATIC, CutoutOptions
from app.models import ANONYMOUS, Caller, ImageRecord, State
from app.models.prompts import fold
from app.ports import ImageProcessor, ImageRecords
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.free_images import find_image
from app.usecases.images.provenance import IMPORTED
from app.usecases.images.trash import Trash

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
    finalizer: ImageFinalizer
    trash: Trash

    def __call__(self, exported: ExportedImage) -> ImageRecord | None:
        """Store the original, cut out the image and write its record.

        An image without an id gets one that derives from its bytes and its owner, so importing it
        again does nothing. One that is in the trash is restored.

        Returns:
            The record; None if it already exists.

        Raises:
            UnusableImage: the bytes can't be decoded as a PNG, WEBP or JPEG image.
            GenerationInProgress: another process is importing it, or its deletion has not ended.
            StorageUnavailable: the store is unreachable.
            RecordsUnavailable: the records are unreachable.
        """
        self.image_processor.inspect(exported.data)
        image_id, existing = self._find(exported)
        record = new_record(
            replace(exported, image_id=image_id), now=self.finalizer.clock.now(), lease=_LEASE
        )
        if existing is None:
            written = self.records.insert(record)
        elif self._may_be_replaced(existing):
            written = self.records.compare_and_swap(existing, record)
        elif existing.state is State.TRASHED:
            return self._restore(existing)
        elif existing.state is State.PENDING or _is_being_deleted(existing):
            written = False
        else:
            return None
        if not written:
            raise GenerationInProgress(record.id)
        return self.finalizer.finalize(record, exported.data)

    def _find(self, exported: ExportedImage) -> tuple[str, ImageRecord | None]:
        if exported.image_id:
            return exported.image_id, self.records.get(exported.image_id)
        return find_image(self.records, derived_id(exported.caller, exported.data))

    def _restore(self, record: ImageRecord) -> ImageRecord:
        try:
            return self.trash.restore(record.id)
        except ImageNotFound:
            raise GenerationInProgress(f"{record.id} was deleted for good") from None

    def _may_be_replaced(self, record: ImageRecord) -> bool:
        """Return whether it is the record of a deleted image, or of an import that failed.

        A record that has an Idempotency-Key, or that may have been charged for, was not left by an
        import.
        """
        now = self.finalizer.clock.now()
        is_abandoned = record.state is State.PENDING and not record.is_leased(now)
        has_ended = is_abandoned or record.state is State.FAILED
        has_ended = has_ended or record.is_tombstone
        return has_ended and not record.claim and record.charged is Charged.NO


def _is_being_deleted(record: ImageRecord) -> bool:
    return record.state is State.DELETED and not record.is_tombstone


def derived_id(caller: Caller, data: bytes) -> str:
    """Return the id of an image that is made of these bytes, and of nothing else."""
    sha256 = hashlib.sha256(data).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, f"{caller.id}\n{sha256}"))


def new_record(exported: ExportedImage, *, now: datetime, lease: timedelta) -> ImageRecord:
    """Return the pending record of an image with an id, which is leased from now on."""
    return ImageRecord(
        id=exported.image_id,
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
