"""What can be wrong with an image, judged from its row and the names of its objects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import ProviderBadResponse
from app.models import ImageRecord, State, object_keys


class Discrepancy(StrEnum):
    """A kind of finding."""

    IMAGE_MISSING = "image_missing"  # ready, and the original is there to be cut again
    NOTE_MISSING = "note_missing"  # ready, but its row could not be rebuilt
    ORIGINAL_LOST = "original_lost"  # ready; the image is all there is
    LOST = "lost"  # a row, or a note, and neither image nor original
    ROW_MISSING = "row_missing"  # an original that no row knows
    EVIDENCE_ALONE = "evidence_alone"  # an unusable answer that no row knows
    IMAGE_ALONE = "image_alone"  # an image that neither row nor original knows
    OVERDUE = "overdue"  # pending, and whoever worked on it is gone
    UNFINISHED = "unfinished"  # given up, but here is the original
    HALF_DELETED = "half_deleted"  # a deletion that was cut off
    SPOOLED = "spooled"  # waits on this server's disk
    TEMPORARY = "temporary_file"  # a file that a crash left half written
    MISCOUNTED = "miscounted"  # the list's kept counts differ from its rows
    BROKEN = "broken"  # can't even be looked at


BEYOND_REPAIR = {
    Discrepancy.ORIGINAL_LOST: "the store has no original any more",
    Discrepancy.LOST: "the store has neither image nor original",
}
"""The kinds that nothing here can mend, and why."""


@dataclass(frozen=True, slots=True)
class ObservedState:
    """An image's row, and the keys of its objects in the store."""

    id: str
    record: ImageRecord | None
    keys: frozenset[str]

    @property
    def image(self) -> str | None:
        """The key of an original that may be an image."""
        return object_keys.original_among(self.keys)

    @property
    def has_image(self) -> bool:
        """Whether the cut-out image is there."""
        return object_keys.image_key(self.id) in self.keys


def diagnose(seen: ObservedState, now: datetime) -> tuple[Discrepancy, ...]:
    """Return all that is wrong, in the order in which it is to be mended."""
    record = seen.record
    if record is None:
        return _of_objects(seen)
    if record.state is State.READY:
        return _of_ready(seen, record)
    if record.state is State.PENDING:
        return () if record.is_leased(now) else (Discrepancy.OVERDUE,)
    if record.state is State.DELETED:
        return (Discrepancy.HALF_DELETED,) if record.created_at or seen.keys else ()
    # An original that turned out to be no image is where it belongs.
    refused = record.state is State.FAILED and record.error == ProviderBadResponse.code
    return (Discrepancy.UNFINISHED,) if seen.image and not refused else ()


def _of_objects(seen: ObservedState) -> tuple[Discrepancy, ...]:
    if seen.image:
        return (Discrepancy.ROW_MISSING,)
    if seen.has_image:
        return (Discrepancy.IMAGE_ALONE,)
    if object_keys.evidence_key(seen.id) in seen.keys:
        return (Discrepancy.EVIDENCE_ALONE,)
    return (Discrepancy.LOST,) if seen.keys else ()


def _of_ready(seen: ObservedState, record: ImageRecord) -> tuple[Discrepancy, ...]:
    original = record.original
    has_original = original.key in seen.keys if original else seen.image is not None
    if not (has_original or seen.has_image):
        return (Discrepancy.LOST,)
    wrong = (
        (Discrepancy.IMAGE_MISSING, not seen.has_image),
        (
            Discrepancy.NOTE_MISSING,
            original and object_keys.sidecar_key(seen.id) not in seen.keys,
        ),
        (Discrepancy.ORIGINAL_LOST, original and not has_original),
    )
    return tuple(kind for kind, applies in wrong if applies)
