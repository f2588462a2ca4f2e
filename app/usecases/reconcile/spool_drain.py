"""Brings home what waits in this server's spool."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from app.errors import GenerationInProgress, ProviderBadResponse
from app.models import ImageRecord, State, object_keys
from app.ports import Clock, ImageRecords, ImageStore, Spool
from app.usecases.generation import sidecar
from app.usecases.generation.recovery import Recovery
from app.usecases.images.images import undo_if_deleted
from app.usecases.reconcile.errors import RepairFailed
from app.usecases.reconcile.rebuild import Rebuilder

_ENDED = (State.FAILED, State.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class SpoolDrain:
    """Empties the spool, an image at a time; several processes of a server may do so at once."""

    records: ImageRecords
    store: ImageStore
    spool: Spool
    clock: Clock
    recovery: Recovery
    rebuilder: Rebuilder

    def ids(self) -> Iterator[str]:
        """Yield the ids of all that waits, in order."""
        for image_id, _ in groupby(
            self.spool.keys(object_keys.ORIGINALS), key=object_keys.id_of_key
        ):
            if image_id:
                yield image_id

    def waits(self, image_id: str) -> bool:
        """Tell whether something of this image waits, and nobody is working on it."""
        record = self.records.get(image_id)
        if record is not None and record.is_leased(self.clock.now()):
            return False
        return bool(self._keys(image_id))

    def drain(self, image_id: str) -> None:
        """Finish this image, make sure that the store has its original, and clear the spool.

        Raises:
            GenerationInProgress: somebody else is at it.
            AppError: it has to wait, or can't be brought home; its text says why.
        """
        keys = self._keys(image_id)
        record = self.records.get(image_id)
        if record is not None and record.is_leased(self.clock.now()):
            raise GenerationInProgress("being made")
        self._finish_any(image_id, keys, record or self._rebuilt(image_id, keys))
        self.recovery.clear_spool(image_id)

    def _rebuilt(self, image_id: str, keys: frozenset[str]) -> ImageRecord | None:
        """Return a new row; None if there is only a note, whose image came home long ago."""
        spool, evidence = self.spool, object_keys.evidence_key(image_id)
        if image := object_keys.original_among(keys):
            return self.rebuilder.as_pending(image_id, spool, image)
        return self.rebuilder.as_failed(image_id, spool, evidence) if evidence in keys else None

    def _finish_any(self, image_id: str, keys: frozenset[str], record: ImageRecord | None) -> None:
        if record is None or record.state is State.DELETED:
            return
        has_image = object_keys.original_among(keys) is not None
        if record.state is State.READY and (record.original or not has_image):
            self._complete(record, keys)
        elif record.state in _ENDED and not has_image:
            self._move(image_id, keys)
        else:
            self._finish(record, has_image=has_image)

    def _finish(self, record: ImageRecord, *, has_image: bool) -> None:
        try:
            ended = self.recovery(record)
        except ProviderBadResponse:
            return  # it is no image, and the store has it now
        if has_image and ended.state is not State.READY:
            raise RepairFailed("its record names another original")

    def _complete(self, ready: ImageRecord, keys: frozenset[str]) -> None:
        """Give the store what it lacks of an image that is ready."""
        original, note = ready.original, object_keys.sidecar_key(ready.id)
        stored = set(self.store.keys(object_keys.key_prefixes(ready.id)[0]))
        if original and original.key in keys - stored:
            data = self.spool.get(original.key).data
            if hashlib.sha256(data).hexdigest() != original.sha256:
                raise RepairFailed("its bytes are not those that the record names")
            kind = object_keys.content_type_of(original.key)
            self.store.put(original.key, data, content_type=kind)
        elif original and original.key not in stored and object_keys.original_among(keys):
            raise RepairFailed("its record names another original")
        if original and note not in stored:
            self.store.put(note, sidecar.write(ready), content_type=object_keys.JSON)
        undo_if_deleted(self.records, self.store, ready.id, (note, *keys))

    def _move(self, image_id: str, keys: frozenset[str]) -> None:
        """Store the evidence of a generation whose outcome is written down already."""
        if object_keys.evidence_key(image_id) in keys:
            for key in sorted(keys):
                found = self.spool.get(key)
                self.store.put(key, found.data, content_type=found.content_type)

    def _keys(self, image_id: str) -> frozenset[str]:
        return frozenset(self.spool.keys(object_keys.key_prefixes(image_id)[0]))
