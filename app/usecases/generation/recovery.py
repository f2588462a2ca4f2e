"""Finishes generations whose process is gone, or which waited for storage. Never pays."""

import itertools
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from app.errors import (
    Charged,
    GenerationInProgress,
    ImageNotFound,
    ImagePendingUpload,
    OutcomeUnknown,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.models import ImageRecord, State, object_keys
from app.ports import ImageStore, Ports, Spool
from app.usecases.billing import budgets
from app.usecases.generation import sidecar
from app.usecases.generation.finalize import ImageFinalizer

_log = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Recovery:
    """Takes over a row and brings it to an end."""

    ports: Ports
    keeper: ImageFinalizer

    def __call__(self, row: ImageRecord) -> ImageRecord:
        """Finish from the original if it is anywhere; else tell what is known.

        Returns:
            The row: ready, or `unknown` if the paid call had begun, or `failed` if it had not.

        Raises:
            GenerationInProgress: somebody else is at it.
            ImagePendingUpload: the store does not answer, or the original waits on another server.
            ProviderBadResponse: what was bought is no image.
            RecordsUnavailable: the row is as it was, or pending with a new lease.
        """
        until = self.ports.clock.now() + _LEASE
        leased = replace(row, state=State.PENDING, lease_until=until)
        if not self.ports.records.compare_and_swap(row, leased):
            raise GenerationInProgress("taken over by another")
        try:
            found = self._find(leased)
        except StorageUnavailable as error:
            raise self.keeper.close(leased, _waits(leased, error.detail)) from None
        if found is None:
            return self._give_up(leased)
        try:
            ready = self.keeper.keep(*found, safe=True)
        except ProviderBadResponse:
            self.clear_spool(row.id)
            raise
        self.clear_spool(row.id)
        return ready

    def clear_spool(self, image_id: str) -> None:
        """Remove what waited in the spool, after the store has it; what stays does no harm."""
        try:
            for key in (*_keys(image_id), object_keys.sidecar_key(image_id)):
                self.ports.spool.delete(key)
        except StorageUnavailable as error:
            _log.warning("%s is still in the spool: %s", image_id, error.detail)

    def _find(self, leased: ImageRecord) -> tuple[ImageRecord, bytes] | None:
        """Return what was bought, and the row with what only the one who bought it knew."""
        keys = (leased.original.key,) if leased.original else _keys(leased.id)
        places: tuple[ImageStore | Spool, ...] = (self.ports.spool, self.ports.store)
        for place, key in itertools.product(places, keys):
            data = _get(place, key)
            if data is not None:
                return _as_noted(leased, _get(place, object_keys.sidecar_key(leased.id))), data
        return None

    def _give_up(self, leased: ImageRecord) -> ImageRecord:
        if leased.charged is Charged.YES:
            elsewhere = _waits(leased, "its original waits on another server")
            raise self.keeper.close(leased, elsewhere)
        unknown = leased.charged is Charged.UNKNOWN
        end = replace(
            leased,
            state=State.UNKNOWN if unknown else State.FAILED,
            error=OutcomeUnknown.code if unknown else "abandoned",
        )
        end = budgets.with_due(end)
        if not budgets.compare_and_swap(self.ports, leased, end):
            raise GenerationInProgress("finished by another meanwhile")
        return end


def _waits(row: ImageRecord, detail: str) -> ImagePendingUpload:
    """Say that the image is safe only where it is known to have been drawn."""
    drawn = row.charged is Charged.YES or row.original is not None
    return ImagePendingUpload(detail, message=None if drawn else StorageUnavailable.message)


def _as_noted(leased: ImageRecord, note: bytes | None) -> ImageRecord:
    """Add what is noted, so that a later answer is the one that was given, or would have been."""
    if note is None:
        return leased
    noted = sidecar.read(leased.id, note, found_at=leased.requested_at)
    return replace(
        leased,
        created_at=noted.created_at,
        model=noted.model or leased.model,
        cost_micros=noted.cost_micros,
    )


def _keys(image_id: str) -> tuple[str, ...]:
    return *object_keys.original_keys(image_id), object_keys.evidence_key(image_id)


def _get(place: ImageStore | Spool, key: str) -> bytes | None:
    try:
        return place.get(key).data
    except ImageNotFound:
        return None
