"""Makes rows for objects that have none."""

import hashlib
from dataclasses import dataclass, replace

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, ProcessedImage, State, StoredImage, object_keys
from app.ports import ImageStore, Ports, Spool
from app.usecases.billing import budgets
from app.usecases.generation import sidecar


@dataclass(frozen=True)
class Rebuilder:
    """Inserts a row from the note, or from what an object alone tells.

    Every method raises GenerationInProgress if somebody else was faster.
    """

    ports: Ports

    def as_pending(self, image_id: str, place: ImageStore | Spool, original: str) -> ImageRecord:
        """Return the row of an original in this place: pending, for Recovery to finish."""
        row = self._row(image_id, place, original)
        # Recovery finds the original by the row's id, and reads its header anew.
        return self._insert(replace(row, original=None))

    def as_failed(self, image_id: str, place: ImageStore | Spool, evidence: str) -> ImageRecord:
        """Return the row of an answer that was paid for and can't be used."""
        row = self._row(image_id, place, evidence)
        failed = replace(row, state=State.FAILED, error=ProviderBadResponse.code, original=None)
        return self._insert(replace(failed, created_at=None))

    def as_ready(self, image_id: str, image: str) -> ImageRecord:
        """Return the row of an image whose original is lost."""
        found = self.ports.store.get(image)
        row = self._row(image_id, self.ports.store, image)
        rendition = self._describe(image, found)
        return self._insert(replace(row, state=State.READY, original=None, image=rendition))

    def _row(self, image_id: str, place: ImageStore | Spool, key: str) -> ImageRecord:
        try:
            note = place.get(object_keys.sidecar_key(image_id))
        except ImageNotFound:
            return sidecar.read(image_id, b"", found_at=place.get(key).modified)
        return sidecar.read(image_id, note.data, found_at=note.modified)

    def _describe(self, key: str, found: StoredImage) -> ProcessedImage:
        info = self.ports.imaging.inspect(found.data)
        return ProcessedImage(
            key=key,
            width=info.width,
            height=info.height,
            size_bytes=len(found.data),
            sha256=hashlib.sha256(found.data).hexdigest(),
        )

    def _insert(self, row: ImageRecord) -> ImageRecord:
        row = budgets.with_due(row)
        if not budgets.insert(self.ports, row):
            raise GenerationInProgress("its row is there now")
        return row
