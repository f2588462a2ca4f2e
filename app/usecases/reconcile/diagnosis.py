"""Diagnose an image from its record and the keys of its objects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import ProviderBadResponse
from app.models import ImageRecord, State, object_keys
from app.models.prompts import fold


class Discrepancy(StrEnum):
    """A kind of discrepancy; the values are the names in the report."""

    IMAGE_MISSING = "image_missing"  # ready; the image can be cut out of the original again
    SIDECAR_MISSING = (
        "sidecar_missing"  # ready; without its sidecar the record could not be rebuilt
    )
    ORIGINAL_LOST = "original_lost"  # ready; only the cut-out image is left
    LOST = "lost"  # neither image nor original, but a record or a sidecar
    RECORD_MISSING = "record_missing"  # an original without a record
    ORPHANED_EVIDENCE = "orphaned_evidence"  # an unusable response without a record
    ORPHANED_IMAGE = "orphaned_image"  # a cut-out image without record and original
    LEASE_EXPIRED = "lease_expired"  # pending, and no server is working on it
    UNFINISHED = "unfinished"  # failed or unknown, but the original is stored
    HALF_DELETED = "half_deleted"  # a deletion that was interrupted
    REPLACED_IMAGE = "replaced_image"  # another image took its place, but it is still stored
    MISPLACED = "misplaced"  # in the trash with its image at its place, or the other way round
    SPOOLED = "spooled"  # waits in the spool of this server
    TEMPORARY_FILE = "temporary_file"  # partly written when a process crashed
    OPEN_RESERVATION = "open_reservation"  # counted by the ledger, and not settled
    MISINDEXED = "misindexed"  # ready; a search for words of the prompt does not find it
    MISCOUNTED = "miscounted"  # the list's counts differ from its records
    CHECK_FAILED = "check_failed"  # can't be checked


IRREPARABLE = {
    Discrepancy.ORIGINAL_LOST: "the original is no longer in the store",
    Discrepancy.LOST: "neither the image nor its original is in the store",
}
"""The kinds that can't be repaired, and why."""


@dataclass(frozen=True, slots=True)
class ImageSnapshot:
    """An image's record and the keys of its objects in the store."""

    id: str
    record: ImageRecord | None
    keys: frozenset[str]

    @property
    def original_key(self) -> str | None:
        """The key of an original that may be an image, or None."""
        return object_keys.original_among(self.keys)

    @property
    def has_image(self) -> bool:
        """Whether the cut-out image is stored."""
        return object_keys.image_key(self.id) in self.keys

    @property
    def is_in_trash(self) -> bool:
        """Whether the cut-out image is in the trash."""
        return object_keys.trash_key(self.id) in self.keys

    @property
    def has_sidecar(self) -> bool:
        """Whether the sidecar is stored, from which the record can be rebuilt."""
        return object_keys.sidecar_key(self.id) in self.keys


def diagnose(snapshot: ImageSnapshot, now: datetime) -> tuple[Discrepancy, ...]:
    """Return all discrepancies, in the order in which they are to be repaired."""
    record = snapshot.record
    if record is None:
        return _without_record(snapshot)
    of_kept = {
        State.READY: _of_ready,
        State.REPLACED: _of_replaced,
        State.TRASHED: _of_trashed,
    }.get(record.state)
    if of_kept:
        return of_kept(snapshot, record)
    if record.state is State.PENDING:
        return () if record.is_leased(now) else (Discrepancy.LEASE_EXPIRED,)
    if record.state is State.DELETED:
        return (Discrepancy.HALF_DELETED,) if record.created_at or snapshot.keys else ()
    # A failed record may have an original whose bytes are not an image, kept as evidence.
    is_evidence = record.state is State.FAILED and record.error == ProviderBadResponse.code
    return (Discrepancy.UNFINISHED,) if snapshot.original_key and not is_evidence else ()


def missing_words(record: ImageRecord) -> set[str]:
    """Return the words of the prompt by which a search does not find the record."""
    return set(fold(record.prompt, record.subject)).difference(record.tokens)


def _without_record(snapshot: ImageSnapshot) -> tuple[Discrepancy, ...]:
    if snapshot.original_key:
        return (Discrepancy.RECORD_MISSING,)
    if snapshot.has_image:
        return (Discrepancy.ORPHANED_IMAGE,)
    if object_keys.evidence_key(snapshot.id) in snapshot.keys:
        return (Discrepancy.ORPHANED_EVIDENCE,)
    return (Discrepancy.LOST,) if snapshot.keys else ()


def _of_ready(snapshot: ImageSnapshot, record: ImageRecord) -> tuple[Discrepancy, ...]:
    has_original = _has_original(snapshot, record)
    if not (has_original or snapshot.has_image or snapshot.is_in_trash):
        return (Discrepancy.LOST,)
    missing = _missing_beside_the_image(snapshot, record)
    misindexed = (Discrepancy.MISINDEXED,) if missing_words(record) else ()
    image_missing = () if snapshot.has_image else (Discrepancy.IMAGE_MISSING,)
    if snapshot.is_in_trash:
        image_missing = (Discrepancy.MISPLACED,)
    return (*image_missing, *missing, *misindexed)


def _of_replaced(snapshot: ImageSnapshot, record: ImageRecord) -> tuple[Discrepancy, ...]:
    """Return the discrepancies of an image of which only the original is kept."""
    missing = _missing_beside_the_image(snapshot, record)
    return (Discrepancy.REPLACED_IMAGE, *missing) if snapshot.has_image else missing


def _of_trashed(snapshot: ImageSnapshot, record: ImageRecord) -> tuple[Discrepancy, ...]:
    """Return the discrepancies of an image in the trash."""
    if not snapshot.keys:
        return (Discrepancy.LOST,)
    missing = _missing_beside_the_image(snapshot, record)
    return (Discrepancy.MISPLACED, *missing) if snapshot.has_image else missing


def _missing_beside_the_image(
    snapshot: ImageSnapshot, record: ImageRecord
) -> tuple[Discrepancy, ...]:
    if record.original is None:
        return ()
    checks = (
        (Discrepancy.SIDECAR_MISSING, not snapshot.has_sidecar),
        (Discrepancy.ORIGINAL_LOST, not _has_original(snapshot, record)),
    )
    return tuple(kind for kind, applies in checks if applies)


def _has_original(snapshot: ImageSnapshot, record: ImageRecord) -> bool:
    original = record.original
    return original.key in snapshot.keys if original else snapshot.original_key is not None
