"""Repair one image, by the kind of its discrepancy."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.errors import AppError, GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, State, object_keys
from app.ports import Clock, ImageRecords, ImageStore
from app.usecases.generation import sidecar
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.recovery import Recovery
from app.usecases.images.images import Images, undo_if_deleted
from app.usecases.images.originals import verify
from app.usecases.images.replacement import ReplaceImage
from app.usecases.images.trash import Trash
from app.usecases.reconcile.diagnosis import Discrepancy, ImageSnapshot, missing_words
from app.usecases.reconcile.rebuild import Rebuilder


class RepairFailed(AppError):
    """A discrepancy can't be repaired; the detail says why."""

    code = "repair_failed"


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """Repairs images.

    Each repair may run twice, run concurrently, or be interrupted at any point.
    """

    records: ImageRecords
    store: ImageStore
    clock: Clock
    finalizer: ImageFinalizer
    recovery: Recovery
    rebuilder: Rebuilder
    trash: Trash

    def repair(self, kind: Discrepancy, snapshot: ImageSnapshot) -> None:
        """Repair a discrepancy.

        Raises:
            GenerationInProgress: another process has changed the image, or is working on it.
            AppError: the repair failed; its text says why.
            UnusableImage: the stored object is not an image.
        """
        self._repairs[kind](snapshot)

    @property
    def _repairs(self) -> Mapping[Discrepancy, Callable[[ImageSnapshot], None]]:
        return {
            Discrepancy.IMAGE_MISSING: self._cut_out_again,
            Discrepancy.SIDECAR_MISSING: self._write_sidecar,
            Discrepancy.RECORD_MISSING: self._rebuild_from_original,
            Discrepancy.ORPHANED_EVIDENCE: self._rebuild_failed,
            Discrepancy.ORPHANED_IMAGE: self._rebuild_ready,
            Discrepancy.LEASE_EXPIRED: self._recover,
            Discrepancy.UNFINISHED: self._recover,
            Discrepancy.HALF_DELETED: self._delete,
            Discrepancy.REPLACED_IMAGE: self._remove_replaced,
            Discrepancy.MISPLACED: self._settle,
            Discrepancy.MISINDEXED: self._index_again,
        }

    def _cut_out_again(self, snapshot: ImageSnapshot) -> None:
        """Cut the image out again; its record stays ready in the meantime."""
        record = _record_of(snapshot)
        if record.original is None:  # recovery finds the original and completes the record
            return self._finish(record)
        data = verify(self.store.get(record.original.key).data, record.original)
        restored = self.finalizer.process(record, data)
        written = self.records.compare_and_swap(record, restored)
        image_key = object_keys.image_key(snapshot.id)
        undo_if_deleted(self.records, self.store, snapshot.id, (image_key,))
        if not written:
            raise GenerationInProgress("the record has changed")
        return None

    def _write_sidecar(self, snapshot: ImageSnapshot) -> None:
        key = object_keys.sidecar_key(snapshot.id)
        content = sidecar.write(_record_of(snapshot))
        self.store.put(key, content, content_type=object_keys.JSON)
        undo_if_deleted(self.records, self.store, snapshot.id, (key,))

    def _rebuild_from_original(self, snapshot: ImageSnapshot) -> None:
        original_key = str(snapshot.original_key)
        if snapshot.is_in_trash and not snapshot.has_image:
            self.rebuilder.insert_trashed(snapshot.id)
            return
        record = self.rebuilder.insert(snapshot.id, self.store, original_key)
        if record.state is State.PENDING:
            self._finish(record)

    def _rebuild_failed(self, snapshot: ImageSnapshot) -> None:
        evidence_key = object_keys.evidence_key(snapshot.id)
        self.rebuilder.insert_failed(snapshot.id, self.store, evidence_key)

    def _rebuild_ready(self, snapshot: ImageSnapshot) -> None:
        self.rebuilder.insert_ready(snapshot.id, object_keys.image_key(snapshot.id))

    def _recover(self, snapshot: ImageSnapshot) -> None:
        self._finish(_record_of(snapshot))

    def _finish(self, record: ImageRecord) -> None:
        # If the original is not an image, the record becomes failed, which is a repair too.
        with contextlib.suppress(ProviderBadResponse):
            self.recovery(record)

    def _remove_replaced(self, snapshot: ImageSnapshot) -> None:
        replace_image = ReplaceImage(records=self.records, store=self.store, clock=self.clock)
        replace_image.remove_image(_record_of(snapshot))

    def _settle(self, snapshot: ImageSnapshot) -> None:
        self.trash.settle(snapshot.id)

    def _index_again(self, snapshot: ImageSnapshot) -> None:
        """Add the words of the prompt to the record, which another repair may have changed."""
        record = self.records.get(snapshot.id)
        if record and record.is_kept:
            tokens = sorted({*record.tokens, *missing_words(record)})
            self.records.compare_and_swap(record, replace(record, tokens=tuple(tokens)))

    def _delete(self, snapshot: ImageSnapshot) -> None:
        if _record_of(snapshot).created_at:
            with contextlib.suppress(ImageNotFound):  # another process finished the deletion
                Images(self.store, self.records, self.clock).delete(snapshot.id)
        for key in sorted(snapshot.keys):
            record = self.records.get(snapshot.id)
            if record is not None and record.state is not State.DELETED:
                raise GenerationInProgress("the image was imported again")
            self.store.delete(key)


def _record_of(snapshot: ImageSnapshot) -> ImageRecord:
    if snapshot.record is None:
        raise RepairFailed("the image has no record")
    return snapshot.record
