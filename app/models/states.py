"""The states of a record, and the transitions between them.

Each transition is a method of ImageRecord that returns the next record. It takes effect only
through `compare_and_swap` (`insert` for a new record), so if several servers try, one succeeds:

    new record         pending
    cutout             ready, replaced -> pending   of a new record: this image, cut out again
    leased_until       pending, ready, failed, unknown -> pending   a server takes over
    started            pending -> pending   the paid call may begin, so `charged` is `unknown`
    drawn              pending -> pending   the model has responded
    paid               pending -> pending   the image was received and can be stored
    released           pending -> pending   it waits for storage, on any server
    ready              pending, ready -> ready   the cut-out image is stored
    organized          ready -> ready   the caller has set tags or star
    succeeding         ready -> ready   it takes over what was noted about another image
    failed             pending -> failed    ended without a usable image
    unknown            pending -> unknown   sent, but no complete response arrived
    replaced           ready, replaced -> replaced   the image at its address may be removed
    trashed            ready, replaced -> trashed   its image may be moved out of reach
    restored           trashed -> ready, replaced   it is in the list again
    deleted            ready, replaced, trashed, deleted -> deleted   its objects may be removed now
    tombstone          deleted -> deleted   only the deletion and the key are remembered
"""

from enum import StrEnum


class State(StrEnum):
    """The state of a generation."""

    PENDING = "pending"  # requested; in progress or interrupted
    READY = "ready"  # the image is stored
    FAILED = "failed"  # ended without a usable image
    UNKNOWN = "unknown"  # sent to the model; it is unknown whether an image was drawn and charged
    REPLACED = "replaced"  # another image took its place; only the original is stored
    TRASHED = "trashed"  # in the trash: kept for a time, and then deleted
    DELETED = "deleted"  # being removed, or removed and only remembered as such


FINISHED = (State.READY, State.REPLACED)
REMOVED = (State.REPLACED, State.TRASHED, State.DELETED)  # nothing is served at the address
RECOVERABLE = (State.PENDING, State.READY, State.FAILED, State.UNKNOWN)


class InvalidTransition(ValueError):
    """The record's current state does not allow the transition."""
