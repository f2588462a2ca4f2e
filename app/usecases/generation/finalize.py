"""Store generated images and record the outcome of their generation.

Any server may repeat any step at any time: the object keys derive from the record's id, and equal
originals produce equal images.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.errors import (
    AppError,
    Charged,
    ImagePendingUpload,
    ProviderBadResponse,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import Cutout, UnusableImage
from app.models import ImageRecord, Original, ProcessedImage, State, object_keys
from app.ports import Clock, ImageProcessor, ImageStore, Observer, Spool
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.generation import sidecar
from app.usecases.images.images import undo_if_deleted
from app.usecases.images.originals import options_of
from app.usecases.images.provenance import ProvenanceBuilder, image_with_lost_provenance

_log = logging.getLogger(__name__)
_MAX_TRIES = 5  # another server may be changing the record at the same moment


@dataclass(frozen=True, kw_only=True)
class ImageFinalizer:
    """Persists a generated image and finalizes its record.

    A `record` argument has the state and the lease of the stored record. Its other fields may be
    newer than the stored ones.
    """

    store: ImageStore
    spool: Spool
    records: AccountedRecords
    image_processor: ImageProcessor
    clock: Clock
    observer: Observer
    provenance: ProvenanceBuilder

    def finalize(
        self,
        record: ImageRecord,
        data: bytes,
        *,
        safe: bool = False,
        stored: str = "",
        cutout: Cutout | None = None,
    ) -> ImageRecord:
        """Store the original and its cutout, and set the record ready.

        Args:
            record: a pending record.
            data: the original, exactly as the model returned it.
            safe: whether the store or the spool already has the original.
            stored: the key under which the store has it, or "". It is not written there again: a
                write that fails could leave other bytes in its place.
            cutout: the result of `make_cutout`, if it was called before.

        Raises:
            ImagePendingUpload: the original is in the spool or the store, to be finished later.
            StorageUnavailable: neither store nor spool accepted the original.
            ProviderBadResponse: the bytes are not an image; they are kept as evidence.
        """
        original, problem = self._inspect(record.id, data)
        paid = record.paid(self.clock.now(), original)
        try:
            with self.observer.step("original"):
                self._put_or_spool(paid, data, safe=safe, stored=stored)
            if paid.original is None:
                raise ProviderBadResponse(problem)
            ready = self.process(paid, data, cutout=cutout)
        except (ProviderBadResponse, StorageUnavailable) as error:
            raise self.fail_record(paid, error) from None
        return self._write_outcome(paid, ready)

    def process(
        self, record: ImageRecord, data: bytes, *, cutout: Cutout | None = None
    ) -> ImageRecord:
        """Cut out and store the image; return the ready record, not written.

        Raises:
            ImagePendingUpload: the store is unreachable.
            ProviderBadResponse: the bytes are not an image.
        """
        try:
            ready, png = self.cut_out(record, data, cutout=cutout)
            with self.observer.step("store"):
                _put(self.store, [(object_keys.image_key(record.id), png)])
        except UnusableImage as error:
            raise ProviderBadResponse(str(error)) from None
        except StorageUnavailable as error:
            raise ImagePendingUpload(error.detail) from None
        return ready

    def cut_out(
        self, record: ImageRecord, data: bytes, *, cutout: Cutout | None = None
    ) -> tuple[ImageRecord, bytes]:
        """Cut out the image; return the record as ready, and the image's file.

        Raises:
            UnusableImage: the bytes are not an image.
            StorageUnavailable: the store is unreachable.
        """
        made = cutout or self.make_cutout(record, data)
        return record.ready(_processed_image(record.id, made)), made.png

    def make_cutout(self, record: ImageRecord, data: bytes) -> Cutout:
        """Cut out the image with the record's options and provenance; store nothing.

        Raises:
            UnusableImage: the bytes are not an image.
            StorageUnavailable: the store is unreachable.
        """
        with self.observer.step("cutout"):
            provenance = self.provenance.of(record)
            previous = image_with_lost_provenance(self.store, record)
            return self.image_processor.cut_out(
                data, options_of(record), provenance=provenance, previous=previous
            )

    def store_evidence(self, record: ImageRecord, data: bytes) -> None:
        """Store an unusable response; a failure is only logged."""
        try:
            self._put_or_spool(record, data)
        except StorageUnavailable as error:
            _log.warning("evidence of %s could not be stored: %s", record.id, error.detail)

    def fail_record(self, record: ImageRecord, error: AppError) -> AppError:
        """Record that the generation failed; return the error with `charged` set.

        The record of an image that only waits for storage stays pending, without a lease, so that
        any server can finish it.
        """
        charged = error.charged = error.charged or record.charged
        if isinstance(error, ImagePendingUpload):
            outcome = record.released(self.clock.now(), error=error.code, charged=charged)
        elif charged is Charged.UNKNOWN:
            outcome = record.unknown(error.code)
        else:
            outcome = record.failed(error.code, charged=charged)
        self._write_outcome(record, outcome)
        return error

    def _write_outcome(self, record: ImageRecord, outcome: ImageRecord) -> ImageRecord:
        """Replace the record and book its cost; return the new record.

        If the records are unreachable, nothing is lost: recovery derives the outcome from the
        pending record and the objects. If the lease ended and another server guessed the outcome,
        this outcome replaces the guess.
        """
        # One that stays pending keeps the amount that its open reservation notes. Otherwise two
        # changes would lower it, and the end of the second would hide that the first was lost.
        if outcome.state is not State.PENDING:
            outcome = outcome.booked()
        self.observer.note(outcome)
        try:
            with self.observer.step("record"):
                if not self.records.compare_and_swap(record, outcome):
                    self._overrule(outcome)
        except RecordsUnavailable as error:
            state, detail = outcome.state, error.detail
            _log.error("record %s could not be set to %s: %s", outcome.id, state, detail)
        return outcome

    def _overrule(self, outcome: ImageRecord) -> None:
        for _ in range(_MAX_TRIES):
            stored = self.records.get(outcome.id)
            if stored is None or not _overrules(outcome, stored):
                break
            if self.records.compare_and_swap(stored, replace(outcome, claim=stored.claim)):
                return
        if stored is not None:
            self._undo_if_deleted(outcome)

    def _undo_if_deleted(self, outcome: ImageRecord) -> None:
        """Remove what was stored of an image that another process has finished and deleted."""
        original_key = outcome.original.key if outcome.original else ""
        keys = object_keys.keys_of(outcome.id, original_key)
        try:
            undo_if_deleted(self.records.records, self.store, outcome.id, keys)
        except StorageUnavailable as error:
            _log.warning("%s was deleted, but may still be stored: %s", outcome.id, error.detail)

    def _inspect(self, image_id: str, data: bytes) -> tuple[Original | None, str]:
        """Return the original's metadata, or None and why it is not an image."""
        try:
            info = self.image_processor.inspect(data)
        except UnusableImage as error:
            return None, str(error)
        original = Original(
            key=object_keys.original_key(image_id, info.format),
            format=info.format,
            width=info.width,
            height=info.height,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            content_credentials=info.credentials,
        )
        return original, ""

    def _put_or_spool(
        self, record: ImageRecord, data: bytes, *, safe: bool = False, stored: str = ""
    ) -> None:
        original = record.original
        key = original.key if original else object_keys.evidence_key(record.id)
        objects = ((key, data), (object_keys.sidecar_key(record.id), sidecar.write(record)))
        try:
            _put(self.store, objects[1:] if stored == key else objects)
        except StorageUnavailable as error:
            if not safe:
                _put(self.spool, objects)
            _log.warning("the store is unavailable; the paid original is kept as %s", key)
            raise ImagePendingUpload(error.detail) from None


def _overrules(outcome: ImageRecord, stored: ImageRecord) -> bool:
    """Return whether a late worker's outcome replaces the stored record.

    A ready image does, unless the stored image is kept or deleted. Any other outcome does
    only if the stored one is a guess about the same attempt.
    """
    if outcome.state is State.READY:
        return not stored.is_kept and stored.state is not State.DELETED
    is_guess = stored.state is State.UNKNOWN and stored.requested_at == outcome.requested_at
    return is_guess and outcome.state is not State.UNKNOWN


def _put(store: ImageStore | Spool, objects: Iterable[tuple[str, bytes]]) -> None:
    for key, data in objects:
        store.put(key, data, content_type=object_keys.content_type_of(key))


def _processed_image(image_id: str, cutout: Cutout) -> ProcessedImage:
    return ProcessedImage(
        key=object_keys.image_key(image_id),
        width=cutout.size,
        height=cutout.size,
        size_bytes=len(cutout.png),
        sha256=hashlib.sha256(cutout.png).hexdigest(),
        report=cutout.report.to_document(),
    )
