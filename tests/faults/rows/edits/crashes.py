"""Crashes in an edit of an image that was generated before."""

from tests.faults.points import (
    MARKING_STARTED,
    PUTTING_IMAGE,
    PUTTING_NOTE,
    PUTTING_ORIGINAL,
    READING_ORIGINAL,
    SETTING_READY,
    AfterEditing,
    Generating,
    Point,
)
from tests.faults.row import (
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    RUNNING,
    SUCCESS,
    Crash,
    Repeat,
    StoredState,
)

BOTH = StoredState(records=("ready yes",) * 2, objects=tuple(sorted(READY.objects * 2)))
_UNKNOWN = StoredState(records=("ready yes", "unknown unknown"), objects=READY.objects)


def _crash(
    when: str, at: Point, *, paid: int, state: str, objects: tuple[str, ...] = (), repeat: Repeat
) -> Crash:
    return Crash(
        name=f"in an edit, {when}",
        at=at,
        is_edit=True,
        paid=paid,
        stored=StoredState(
            records=tuple(sorted(("ready yes", state))),
            objects=tuple(sorted(READY.objects + objects)),
        ),
        during_lease=RUNNING,
        repeat=repeat,
    )


_DRAWN_NOW = Repeat(SUCCESS, paid=2, stored=BOTH)
_RECOVERED = Repeat(REPLAYED, paid=2, stored=BOTH)

EDIT_CRASHES = (
    _crash(
        "while the original of its parent is read",
        READING_ORIGINAL,
        paid=1,
        state="pending no",
        repeat=_DRAWN_NOW,
    ),
    _crash(
        "before it is marked as about to be paid",
        MARKING_STARTED,
        paid=1,
        state="pending no",
        repeat=_DRAWN_NOW,
    ),
    _crash(
        "after it was marked as about to be paid, before the paid call",
        MARKING_STARTED.response_held,
        paid=1,
        state="pending unknown",
        repeat=Repeat(OUTCOME_UNKNOWN, paid=1, stored=_UNKNOWN),
    ),
    _crash(
        "during the paid call",
        Generating("edits"),
        paid=2,
        state="pending unknown",
        repeat=Repeat(OUTCOME_UNKNOWN, paid=2, stored=_UNKNOWN),
    ),
    _crash(
        "after the paid call, before the original is stored",
        AfterEditing(PUTTING_ORIGINAL),
        paid=2,
        state="pending unknown",
        repeat=Repeat(OUTCOME_UNKNOWN, paid=2, stored=_UNKNOWN),
    ),
    _crash(
        "after the original was stored",
        AfterEditing(PUTTING_NOTE),
        paid=2,
        state="pending unknown",
        objects=("original",),
        repeat=_RECOVERED,
    ),
    _crash(
        "after the sidecar was stored, before the image is",
        AfterEditing(PUTTING_IMAGE),
        paid=2,
        state="pending unknown",
        objects=("original", "sidecar"),
        repeat=_RECOVERED,
    ),
    _crash(
        "after the image was stored, before the record is set ready",
        AfterEditing(SETTING_READY),
        paid=2,
        state="pending unknown",
        objects=READY.objects,
        repeat=_RECOVERED,
    ),
)
