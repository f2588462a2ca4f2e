"""Makes records for objects that have none."""

import hashlib
from dataclasses import dataclass, replace

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, ProcessedImage, StoredImage, object_keys
from app.ports import ImageProcessor, ImageStore, Spool
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.generation import sidecar


@dataclass(frozen=True, kw_only=True)
class Rebuilder:
    """Inserts a record from the note, or from what an object alone tells.

    Every method raises GenerationInProgress if another server was faster.
    """

    records: AccountedRecords
    store: ImageStore
    image_processor: ImageProcessor

    def as_pending(self, image_id: str, place: ImageStore | Spool, original: str) -> ImageRecord:
        """Return the record of an original in this place: pending, for Recovery to finish."""
        record = self._from_note(image_id, place, original)
        # Recovery finds the original by the record's id, and reads its header anew.
        return self._insert(replace(record, original=None))

    def as_failed(self, image_id: str, place: ImageStore | Spool, evidence: str) -> ImageRecord:
        """Return the record of a response that was paid for and can't be used."""
        record = self._from_note(image_id, place, evidence)
        failed = record.failed(ProviderBadResponse.code, charged=record.charged)
        return self._insert(replace(failed, original=None, created_at=None))

    def as_ready(self, image_id: str, image_key: str) -> ImageRecord:
        """Return the record of an image whose original is lost."""
        image = self._describe(image_key, self.store.get(image_key))
        record = self._from_note(image_id, self.store, image_key)
        return self._insert(replace(record.ready(image), original=None))

    def _from_note(self, image_id: str, place: ImageStore | Spool, key: str) -> ImageRecord:
        try:
            note = place.get(object_keys.sidecar_key(image_id))
        except ImageNotFound:
            return sidecar.read(image_id, b"", found_at=place.get(key).modified)
        return sidecar.read(image_id, note.data, found_at=note.modified)

    def _describe(self, key: str, stored: StoredImage) -> ProcessedImage:
        info = self.image_processor.inspect(stored.data)
        return ProcessedImage(
            key=key,
            width=info.width,
            height=info.height,
            size_bytes=len(stored.data),
            sha256=hashlib.sha256(stored.data).hexdigest(),
        )

    def _insert(self, record: ImageRecord) -> ImageRecord:
        record = record.booked()
        if not self.records.insert(record):
            raise GenerationInProgress("its record exists by now")
        return record
