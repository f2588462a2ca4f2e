"""Finish generations that were interrupted or wait for storage.

Recovery never pays for anything.
"""

import itertools
import logging
from dataclasses import dataclass
from datetime import timedelta

from app.errors import (
    Charged,
    GenerationInProgress,
    ImageNotFound,
    ImagePendingUpload,
    ObjectDamaged,
    OutcomeUnknown,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.models import ImageRecord, object_keys
from app.ports import Clock, ImageStore, Spool
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.generation import sidecar
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.originals import matches

ABANDONED = "abandoned"
"""The error of a record whose server stopped before the paid call."""

_log = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Takes over an abandoned record and finishes its generation.

    `store` must bypass the cache, because recovery depends on what the store itself contains.
    """

    records: AccountedRecords
    store: ImageStore
    spool: Spool
    clock: Clock
    finalizer: ImageFinalizer

    def __call__(self, record: ImageRecord) -> ImageRecord:
        """Finish the image if its original exists; otherwise record the outcome.

        Returns:
            The record: ready; `unknown` if the paid call had begun; `failed` if it had not.

        Raises:
            GenerationInProgress: another server is working on it.
            ImagePendingUpload: the store is unreachable, or the original is in the spool of
                another server.
            ProviderBadResponse: the original is not an image.
            RecordsUnavailable: the record is unchanged, or pending with a new lease.
        """
        leased = record.leased_until(self.clock.now() + _LEASE)
        if not self.records.compare_and_swap(record, leased):
            raise GenerationInProgress("another server has taken over")
        try:
            found = self._find_original(leased)
        except StorageUnavailable as error:
            raise self.finalizer.fail_record(leased, _pending(leased, error.detail)) from None
        if found is None:
            return self._give_up(leased)
        completed, data, stored = found
        try:
            ready = self.finalizer.finalize(completed, data, safe=True, stored=stored)
        except ProviderBadResponse:
            self.clear_spool(record.id)
            raise
        self.clear_spool(record.id)
        return ready

    def clear_spool(self, image_id: str) -> None:
        """Delete an image's objects from the spool; failures are only logged."""
        try:
            for key in (*_keys(image_id), object_keys.sidecar_key(image_id)):
                self.spool.delete(key)
        except StorageUnavailable as error:
            _log.warning("%s is still in the spool: %s", image_id, error.detail)

    def _find_original(self, record: ImageRecord) -> tuple[ImageRecord, bytes, str] | None:
        """Return the record, completed from the sidecar, and the original's bytes.

        The last value is its key in the store, or "" if it is in the spool.

        Raises:
            ObjectDamaged: there are only other bytes, of an image that may have been paid for.
        """
        keys = (record.original.key,) if record.original else _keys(record.id)
        places: tuple[ImageStore | Spool, ...] = (self.spool, self.store)
        damaged: ObjectDamaged | None = None
        for place, key in itertools.product(places, keys):
            try:
                data = _get(place, key)
            except ObjectDamaged as error:
                damaged = error
                continue
            if data is None:
                continue
            saved = _read_sidecar(place, record)
            if matches(data, record.original or (saved.original if saved else None)):
                return _completed(record, saved), data, key if place is self.store else ""
            damaged = ObjectDamaged(f"{key} does not have the hash in the record")
        # The right bytes may be in the spool of another server. What is free is made again by the
        # next request, which may even bring them.
        if damaged and record.charged is not Charged.NO:
            raise damaged
        return None

    def _give_up(self, record: ImageRecord) -> ImageRecord:
        if record.charged is Charged.YES:
            error = _pending(record, "the original is in the spool of another server")
            raise self.finalizer.fail_record(record, error)
        if record.charged is Charged.UNKNOWN:
            outcome = record.unknown(OutcomeUnknown.code).booked()
        else:
            outcome = record.failed(ABANDONED, charged=Charged.NO).booked()
        if not self.records.compare_and_swap(record, outcome):
            raise GenerationInProgress("another server has finished the generation")
        return outcome


def _pending(record: ImageRecord, detail: str) -> ImagePendingUpload:
    """Return the error; it calls an image safe only if it was drawn."""
    is_drawn = record.charged is Charged.YES or record.original is not None
    return ImagePendingUpload(detail, message=None if is_drawn else StorageUnavailable.message)


def _read_sidecar(place: ImageStore | Spool, record: ImageRecord) -> ImageRecord | None:
    content = _get(place, object_keys.sidecar_key(record.id))
    if content is None:
        return None
    return sidecar.read(record.id, content, found_at=record.requested_at)


def _completed(record: ImageRecord, saved: ImageRecord | None) -> ImageRecord:
    """Add the fields that only the generating server knew.

    So every later response equals the first one.
    """
    if saved is None:
        return record
    return record.drawn(
        model=saved.model, cost_micros=saved.cost_micros, created_at=saved.created_at
    )


def _keys(image_id: str) -> tuple[str, ...]:
    return *object_keys.original_keys(image_id), object_keys.evidence_key(image_id)


def _get(place: ImageStore | Spool, key: str) -> bytes | None:
    try:
        return place.get(key).data
    except ImageNotFound:
        return None
