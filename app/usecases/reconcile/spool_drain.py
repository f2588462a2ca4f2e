"""Upload the images in this server's spool, and finish their records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from app.errors import GenerationInProgress, ImageNotFound, ProviderBadResponse
from app.models import ImageRecord, State, object_keys
from app.ports import Clock, ImageRecords, ImageStore, Spool
from app.usecases.generation import sidecar
from app.usecases.generation.recovery import Recovery
from app.usecases.images.images import undo_if_deleted
from app.usecases.images.originals import verify
from app.usecases.reconcile.rebuild import Rebuilder
from app.usecases.reconcile.repairs import RepairFailed

_MAY_BE_DELETED = (
    "it has no record, and is too old to know whether it was deleted: "
    "`flask images reconcile --fix --restore-spooled` restores it"
)
_CLOCK_MARGIN = timedelta(days=1)  # the clock of the server that removes tombstones may be ahead
_ENDED = (State.FAILED, State.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class SpoolDrain:
    """Drains the spool, one image at a time, in any number of processes.

    A spooled image without a record may have been deleted by another server. Tombstones show that
    for as long as Idempotency-Keys are remembered: `retention`, from the request. So only images
    that were requested later are restored.
    """

    records: ImageRecords
    store: ImageStore
    spool: Spool
    clock: Clock
    recovery: Recovery
    rebuilder: Rebuilder
    retention: timedelta

    def ids(self) -> Iterator[str]:
        """Yield the ids of all images in the spool, in order."""
        keys = self.spool.keys(object_keys.ORIGINALS)
        return (image_id for image_id, _ in groupby(keys, key=object_keys.id_of_key) if image_id)

    def is_waiting(self, image_id: str) -> bool:
        """Return whether an image is in the spool and no server works on it."""
        return not self._is_leased(self.records.get(image_id)) and bool(self._keys(image_id))

    def drain(self, image_id: str, *, restore: bool = False) -> None:
        """Finish an image, upload its original, and clear the spool.

        Args:
            image_id: the id of the image.
            restore: whether to restore an image that may have been deleted.

        Raises:
            GenerationInProgress: another process is working on it.
            AppError: it has to wait, or can't be finished; the text says why.
        """
        keys = self._keys(image_id)
        record = self.records.get(image_id)
        if self._is_leased(record):
            raise GenerationInProgress("a server is working on the image")
        if record is None and not (restore or self._is_newer_than_tombstones(image_id)):
            raise RepairFailed(_MAY_BE_DELETED)
        try:
            record = record or self._rebuild(image_id, keys)
            if record is not None and record.state is not State.DELETED:
                self._upload(record, keys)
        except ImageNotFound:
            if self._keys(image_id) == keys:
                raise
            raise GenerationInProgress("another process has uploaded the image") from None
        self.recovery.clear_spool(image_id)

    def _is_leased(self, record: ImageRecord | None) -> bool:
        return record is not None and record.is_leased(self.clock.now())

    def _is_newer_than_tombstones(self, image_id: str) -> bool:
        """Return whether a tombstone of the image, if there ever was one, would still exist."""
        try:
            content = self.spool.get(object_keys.sidecar_key(image_id)).data
        except ImageNotFound:
            return False
        requested = sidecar.requested_at(content)
        margin = min(_CLOCK_MARGIN, self.retention / 2)
        return requested is not None and requested > self.clock.now() - self.retention + margin

    def _rebuild(self, image_id: str, keys: frozenset[str]) -> ImageRecord | None:
        """Insert a record; None if the original was uploaded before."""
        if original_key := object_keys.original_among(keys):
            return self.rebuilder.insert(image_id, self.spool, original_key)
        evidence_key = object_keys.evidence_key(image_id)
        if evidence_key in keys:
            return self.rebuilder.insert_failed(image_id, self.spool, evidence_key)
        return None

    def _upload(self, record: ImageRecord, keys: frozenset[str]) -> None:
        has_original = object_keys.original_among(keys) is not None
        if record.is_kept and (record.original or not has_original):
            self._upload_missing(record, keys)
        elif record.state in _ENDED and not has_original:
            self._upload_evidence(record.id, keys)
        elif record.state is State.REPLACED:
            raise RepairFailed("the record of the replaced image names no original")
        else:
            self._recover(record, has_original=has_original)

    def _recover(self, record: ImageRecord, *, has_original: bool) -> None:
        try:
            ended = self.recovery(record)
        except ProviderBadResponse:
            return  # not an image; it is stored as evidence now
        if has_original and ended.state is not State.READY:
            raise RepairFailed("the record names another original")

    def _upload_missing(self, record: ImageRecord, keys: frozenset[str]) -> None:
        """Upload the objects of a ready image that the store lacks."""
        original, sidecar_key = record.original, object_keys.sidecar_key(record.id)
        stored = set(self.store.keys(object_keys.key_prefixes(record.id)[0]))
        if original and original.key in keys:  # the store's may be a part of it
            data = verify(self.spool.get(original.key).data, original)
            content_type = object_keys.content_type_of(original.key)
            self.store.put(original.key, data, content_type=content_type)
        elif original and original.key not in stored and object_keys.original_among(keys):
            raise RepairFailed("the record names another original")
        if original and sidecar_key not in stored:
            self.store.put(sidecar_key, sidecar.write(record), content_type=object_keys.JSON)
        undo_if_deleted(self.records, self.store, record.id, (sidecar_key, *keys))

    def _upload_evidence(self, image_id: str, keys: frozenset[str]) -> None:
        """Store the unusable response of a generation that has ended already."""
        if object_keys.evidence_key(image_id) in keys:
            for key in sorted(keys):
                spooled = self.spool.get(key)
                self.store.put(key, spooled.data, content_type=spooled.content_type)

    def _keys(self, image_id: str) -> frozenset[str]:
        return frozenset(self.spool.keys(object_keys.key_prefixes(image_id)[0]))
