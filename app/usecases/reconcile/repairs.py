"""Mends one image, in the way that its kind of finding needs."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, object_keys
from app.ports import Ports
from app.usecases.generation import sidecar
from app.usecases.generation.recovery import Recovery
from app.usecases.images.cleanup import take_back_if_deleted
from app.usecases.images.images import Images
from app.usecases.reconcile.diagnosis import Discrepancy, ObservedState
from app.usecases.reconcile.errors import RepairFailed
from app.usecases.reconcile.rebuild import Rebuilder


@dataclass(frozen=True)
class Repairs:
    """Every repair may be made twice, by two at once, or be cut off at any moment."""

    ports: Ports
    recovery: Recovery
    rebuild: Rebuilder

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
        row = _row_of(seen)
        if row.original is None:  # a row that lost it; finishing it once more finds it
            return self._finish(row)
        data = self.ports.store.get(row.original.key).data
        if hashlib.sha256(data).hexdigest() != row.original.sha256:
            raise RepairFailed("the original is not the one that the row tells of")
        restored = self.recovery.keeper.publish(row, data)
        written = self.ports.records.compare_and_swap(row, restored)
        take_back_if_deleted(self.ports, seen.id, (object_keys.image_key(seen.id),))
        if not written:
            raise GenerationInProgress("its row has changed")
        return None

    def _write_note(self, seen: ObservedState) -> None:
        note = object_keys.sidecar_key(seen.id)
        content = sidecar.write(_row_of(seen))
        self.ports.store.put(note, content, content_type=object_keys.JSON)
        take_back_if_deleted(self.ports, seen.id, (note,))

    def _rebuild_pending(self, seen: ObservedState) -> None:
        self._finish(self.rebuild.as_pending(seen.id, self.ports.store, str(seen.image)))

    def _rebuild_failed(self, seen: ObservedState) -> None:
        self.rebuild.as_failed(seen.id, self.ports.store, object_keys.evidence_key(seen.id))

    def _rebuild_ready(self, seen: ObservedState) -> None:
        self.rebuild.as_ready(seen.id, object_keys.image_key(seen.id))

    def _recover(self, seen: ObservedState) -> None:
        self._finish(_row_of(seen))

    def _finish(self, row: ImageRecord) -> None:
        # Bytes that are no image are an end too: kept, and written down as such.
        with contextlib.suppress(ProviderBadResponse):
            self.recovery(row)

    def _delete(self, seen: ObservedState) -> None:
        for key in sorted(seen.keys):
            self.ports.store.delete(key)
        if _row_of(seen).created_at:
            with contextlib.suppress(ImageNotFound):  # somebody else finished the deletion
                Images(self.ports.store, self.ports.records).delete(seen.id)


def _row_of(seen: ObservedState) -> ImageRecord:
    if seen.row is None:
        raise RepairFailed("it has no row")
    return seen.row
