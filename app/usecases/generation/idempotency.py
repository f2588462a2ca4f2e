"""What a request gets whose Idempotency-Key was used before.

After draft-ietf-httpapi-idempotency-key-header: a key stands for one request of one caller.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    IdempotencyKeyReused,
    ImageDeleted,
    OutcomeUnknown,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.models import ImageRecord, State
from app.ports import Ports
from app.usecases.generation.recovery import Recovery

_LOST = (
    "The image for this Idempotency-Key was paid for, but could not be kept anywhere. "
    "A new key draws it anew, and pays again."
)


def claim_of(caller: str, key: str) -> str:
    """Return what stands for this caller's key in the records: a SHA-256, in hex."""
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


@dataclass(frozen=True)
class IdempotencyService:
    """Answers from the earlier request where it can, and never pays.

    Args:
        retention: how long a key is remembered, from its first use.
    """

    ports: Ports
    recovery: Recovery
    retention: timedelta

    def find_existing(self, claim: str, fingerprint: str) -> ImageRecord | None:
        """Return the earlier request's row: ready, or failed without having cost anything.

        None means that the key is new, or forgotten.

        Raises:
            IdempotencyKeyReused: it was another request.
            GenerationInProgress: somebody is working on it.
            OutcomeUnknown: it may have been paid for, and nothing came.
            ImageDeleted: it was made and deleted.
            ProviderBadResponse: it was paid for, and is no image.
            StorageUnavailable: the image waits for storage, or was lost for the lack of it.
            RecordsUnavailable: nobody can tell.
        """
        row = self.ports.records.find(claim)
        if row is None or self._is_forgotten(row):
            return None
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if row.state is State.PENDING:
            if row.lease_until > self.ports.clock.now():
                raise GenerationInProgress(row.id)
            row = self._recovered(row)
        return _answer(row)

    def knows(self, claim: str) -> bool:
        """Tell whether there was a request with this claim that isn't forgotten.

        Raises:
            RecordsUnavailable: nobody can tell.
        """
        row = self.ports.records.find(claim)
        return row is not None and not self._is_forgotten(row)

    def _recovered(self, row: ImageRecord) -> ImageRecord:
        try:
            return self.recovery(row)
        except AppError as error:
            error.charged = error.charged or row.charged
            raise

    def _is_forgotten(self, row: ImageRecord) -> bool:
        before = self.ports.clock.now() - self.retention
        if row.requested_at >= before or row.state is State.PENDING:
            return False
        self.ports.records.forget_claims(before)
        return True


def _answer(row: ImageRecord) -> ImageRecord:
    if row.state is State.UNKNOWN:
        raise OutcomeUnknown(row.id)
    if row.state is State.DELETED:
        raise ImageDeleted(row.id)
    if row.state is State.FAILED and row.charged is not Charged.NO:
        lost = row.error == StorageUnavailable.code
        error = _lost(row) if lost else ProviderBadResponse(row.id)
        error.charged, error.replayed = row.charged, True
        raise error
    return row


def _lost(row: ImageRecord) -> StorageUnavailable:
    """Say that neither store nor spool took it; there is nothing to come back for."""
    error = StorageUnavailable(row.id, message=_LOST)
    error.retry_after = None
    return error
