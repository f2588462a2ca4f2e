"""Find the results of earlier requests with the same Idempotency-Key.

Follows draft-ietf-httpapi-idempotency-key-header: a key identifies one request of one caller.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    IdempotencyKeyReused,
    ImageDeleted,
    ImageTrashed,
    OutcomeUnknown,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.models import ImageRecord, State
from app.ports import Clock, ImageRecords
from app.usecases.generation.recovery import Recovery

_MIN_TOMBSTONE_AGE = timedelta(days=2)  # longer than shared caches keep an image
_LOST = (
    "The image for this Idempotency-Key was charged, but could not be stored. "
    "To generate it again, with another charge, use a new key."
)


def claim_of(caller: str, key: str) -> str:
    """Return the claim of a caller's Idempotency-Key: a SHA-256 in hex."""
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


def candidate_claim(claim: str, index: int) -> str:
    """Return the claim of a candidate.

    The first one has that of the key itself. So the request for another number of images with the
    same key finds its record, whose fingerprint differs, and of two such requests at the same time
    only one can insert it.
    """
    if not claim or index == 0:
        return claim
    return hashlib.sha256(f"{claim}#{index}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class IdempotencyService:
    """Finds the result of an earlier request. Never pays.

    Args:
        records: contain the earlier requests.
        clock: determines which keys have expired.
        recovery: finishes an earlier request that was interrupted.
        retention: how long a key is remembered, from its first use.
        may_forget: whether the clock can be trusted; if not, every key is remembered.
    """

    records: ImageRecords
    clock: Clock
    recovery: Recovery
    retention: timedelta
    may_forget: Callable[[], bool] = lambda: True

    def find_existing(self, claim: str, fingerprint: str) -> ImageRecord | None:
        """Return the earlier request's record: ready, or failed at no cost.

        None means that the key is new or has expired.

        Raises:
            IdempotencyKeyReused: the earlier request was a different one.
            GenerationInProgress: a server is still working on it.
            OutcomeUnknown: it may have been charged for, and there is no image.
            ImageDeleted, ImageTrashed: the image was deleted, or is in the trash.
            ProviderBadResponse: it was charged for, but the response was not an image.
            StorageUnavailable: the image waits for storage, or could not be stored.
            RecordsUnavailable: the records are unreachable.
        """
        record = self.find(claim)
        if record is None:
            return None
        if record.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if record.is_leased(self.clock.now()):
            raise GenerationInProgress(record.id)
        if record.state is State.PENDING:
            record = self._recover(record)
        return _usable(record)

    def find(self, claim: str) -> ImageRecord | None:
        """Return the record of a request with this claim, unless the claim has expired.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        record = self.records.find(claim)
        return None if record is None or self._has_expired(record) else record

    def _recover(self, record: ImageRecord) -> ImageRecord:
        try:
            return self.recovery(record)
        except AppError as error:
            error.charged = error.charged or record.charged
            raise

    def _has_expired(self, record: ImageRecord) -> bool:
        """Return whether the claim has expired; then forget all expired ones."""
        before = self.clock.now() - self.retention
        if record.requested_at >= before or record.state is State.PENDING:
            return False
        if not self.may_forget():
            return False
        forget_expired(self.records, self.clock.now(), self.retention)
        return True


def forget_expired(records: ImageRecords, now: datetime, retention: timedelta) -> None:
    """Forget idempotency keys, and deletions that nothing can undo any more.

    Raises:
        RecordsUnavailable: the records are unreachable.
    """
    before = now - retention
    records.forget_claims(before, deleted_before=min(before, now - _MIN_TOMBSTONE_AGE))


def _usable(record: ImageRecord) -> ImageRecord:
    """Return the record, or raise the error of the earlier request."""
    if record.state is State.UNKNOWN:
        raise OutcomeUnknown(record.id)
    if record.state is State.TRASHED:
        raise ImageTrashed(record.id)
    if record.state is State.DELETED:
        raise ImageDeleted(record.id)
    if record.state is State.FAILED and record.charged is not Charged.NO:
        is_lost = record.error == StorageUnavailable.code
        error = _lost(record) if is_lost else ProviderBadResponse(record.id)
        error.charged, error.replayed = record.charged, True
        raise error
    return record


def _lost(record: ImageRecord) -> StorageUnavailable:
    """Return the error for an original that was lost; retrying can't help."""
    error = StorageUnavailable(record.id, message=_LOST)
    error.retry_after = None
    return error
