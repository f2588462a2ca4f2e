"""Mends one image, in the way that its kind of finding needs."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, object_keys
from app.ports import ImageRecords, ImageStore
from app.usecases.generation import sidecar
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.recovery import Recovery
from app.usecases.images.images import Images, undo_if_deleted
from app.usecases.reconcile.diagnosis import Discrepancy, ObservedState
from app.usecases.reconcile.errors import RepairFailed
from app.usecases.reconcile.rebuild import Rebuilder


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """Every repair may be made twice, by two at once, or be cut off at any moment."""

    records: ImageRecords
    store: ImageStore
    finalizer: ImageFinalizer
    recovery: Recovery
    rebuilder: Rebuilder

    def repair(self, kind: Discrepancy, seen: ObservedState) -> None:
        """Mend this.

        Raises:
            GenerationInProgress: somebody else is at it.
            AppError: it could not be done; its text says why.
            UnusableImage: what should be an image is none.
        """
        self._ways[kind](seen)

    @property
    def _ways(self) -> Mapping[Discrepancy, Callable[[ObservedState], None]]:
        return {
            Discrepancy.IMAGE_MISSING: self._cut_again,
            Discrepancy.NOTE_MISSING: self._write_note,
            Discrepancy.ROW_MISSING: self._rebuild_pending,
            Discrepancy.EVIDENCE_ALONE: self._rebuild_failed,
            Discrepancy.IMAGE_ALONE: self._rebuild_ready,
            Discrepancy.OVERDUE: self._recover,
            Discrepancy.UNFINISHED: self._recover,
            Discrepancy.HALF_DELETED: self._delete,
        }

    def _cut_again(self, seen: ObservedState) -> None:
        """Cut the image out of its original anew; meanwhile its row stays as it is."""
        record = _record_of(seen)
        if record.original is None:  # a record that lost it; finishing it once more finds it
            return self._finish(record)
        data = self.store.get(record.original.key).data
        if hashlib.sha256(data).hexdigest() != record.original.sha256:
            raise RepairFailed("the original is not the one that the record names")
        restored = self.finalizer.process(record, data)
        written = self.records.compare_and_swap(record, restored)
        undo_if_deleted(self.records, self.store, seen.id, (object_keys.image_key(seen.id),))
        if not written:
            raise GenerationInProgress("its record has changed")
        return None

    def _write_note(self, seen: ObservedState) -> None:
        note = object_keys.sidecar_key(seen.id)
        content = sidecar.write(_record_of(seen))
        self.store.put(note, content, content_type=object_keys.JSON)
        undo_if_deleted(self.records, self.store, seen.id, (note,))

    def _rebuild_pending(self, seen: ObservedState) -> None:
        self._finish(self.rebuilder.as_pending(seen.id, self.store, str(seen.image)))

    def _rebuild_failed(self, seen: ObservedState) -> None:
        self.rebuilder.as_failed(seen.id, self.store, object_keys.evidence_key(seen.id))

    def _rebuild_ready(self, seen: ObservedState) -> None:
        self.rebuilder.as_ready(seen.id, object_keys.image_key(seen.id))

    def _recover(self, seen: ObservedState) -> None:
        self._finish(_record_of(seen))

    def _finish(self, record: ImageRecord) -> None:
        # Bytes that are no image are an end too: kept, and written down as such.
        with contextlib.suppress(ProviderBadResponse):
            self.recovery(record)

    def _delete(self, seen: ObservedState) -> None:
        for key in sorted(seen.keys):
            self.store.delete(key)
        if _record_of(seen).created_at:
            with contextlib.suppress(ImageNotFound):  # somebody else finished the deletion
                Images(self.store, self.records).delete(seen.id)


def _record_of(seen: ObservedState) -> ImageRecord:
    if seen.record is None:
        raise RepairFailed("it has no record")
    return seen.record
