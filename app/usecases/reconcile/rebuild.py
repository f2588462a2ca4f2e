"""Rebuild lost records from stored objects."""

import hashlib
from dataclasses import dataclass, replace

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, ProcessedImage, State, StoredImage, object_keys
from app.ports import ImageProcessor, ImageStore, Spool
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.generation import sidecar


@dataclass(frozen=True, kw_only=True)
class Rebuilder:
    """Inserts records for objects that have none.

    The records are read from the sidecar or, if there is none, from the object itself.

    Every method raises GenerationInProgress if another server has inserted the record first.
    """

    records: AccountedRecords
    store: ImageStore
    image_processor: ImageProcessor

    def insert(self, image_id: str, source: ImageStore | Spool, original_key: str) -> ImageRecord:
        """Insert a record for an original: replaced, or pending so that Recovery can finish it."""
        record = self._from_sidecar(image_id, source, original_key)
        if record.replaced_by:
            return self._insert(replace(record, state=State.REPLACED))
        # Recovery finds the original by the record's id, and reads its header again.
        return self._insert(replace(record, original=None))

    def insert_failed(
        self, image_id: str, source: ImageStore | Spool, evidence_key: str
    ) -> ImageRecord:
        """Insert a failed record for a paid response that can't be used."""
        record = self._from_sidecar(image_id, source, evidence_key)
        failed = record.failed(ProviderBadResponse.code, charged=record.charged)
        return self._insert(replace(failed, original=None, created_at=None))

    def insert_ready(self, image_id: str, image_key: str) -> ImageRecord:
        """Insert a ready record for a cut-out image whose original is lost."""
        image = self._describe(image_key, self.store.get(image_key))
        record = self._from_sidecar(image_id, self.store, image_key)
        return self._insert(replace(record.ready(image), original=None))

    def insert_trashed(self, image_id: str) -> ImageRecord:
        """Insert a record for an image in the trash, which it was moved to when it was stored."""
        trash_key = object_keys.trash_key(image_id)
        stored = self.store.get(trash_key)
        image = replace(self._describe(trash_key, stored), key=object_keys.image_key(image_id))
        record = self._from_sidecar(image_id, self.store, trash_key).ready(image)
        return self._insert(record.trashed(stored.modified))

    def _from_sidecar(self, image_id: str, source: ImageStore | Spool, key: str) -> ImageRecord:
        try:
            stored = source.get(object_keys.sidecar_key(image_id))
        except ImageNotFound:
            return sidecar.read(image_id, b"", found_at=source.get(key).modified)
        return sidecar.read(image_id, stored.data, found_at=stored.modified)

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
            raise GenerationInProgress("the record already exists")
        return record
