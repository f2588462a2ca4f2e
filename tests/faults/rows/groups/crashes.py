"""Crashes in a group of two candidates, which are drawn one after the other."""

from tests.faults.points import (
    INSERTING_SECOND,
    MARKING_STARTED,
    PUTTING_IMAGE,
    PUTTING_NOTE,
    PUTTING_ORIGINAL,
    SETTING_READY,
    Generating,
    OfSecondCandidate,
    Point,
)
from tests.faults.row import READY, RUNNING, Crash, ExpectedResponse, Repeat, StoredState

_GROUP = ExpectedResponse()
_SAME_GROUP = ExpectedResponse(headers={"Idempotency-Replayed": "true"})
_ORIGINAL = ("original",)
_KEPT = ("original", "sidecar")
_BOTH = StoredState(records=("ready yes",) * 2, objects=tuple(sorted(READY.objects * 2)))
_ONE = StoredState(records=("ready yes", "unknown unknown"), objects=READY.objects)


def _first(
    when: str,
    at: Point,
    *,
    paid: int,
    state: str,
    objects: tuple[str, ...] = (),
    repeat: Repeat,
) -> Crash:
    return Crash(
        name=f"of two candidates, the first: {when}",
        at=at,
        n=2,
        paid=paid,
        stored=StoredState(records=tuple(sorted(("pending no", state))), objects=objects),
        during_lease=RUNNING,
        repeat=repeat,
    )


def _second(
    when: str,
    at: Point,
    *,
    paid: int,
    state: str,
    objects: tuple[str, ...] = (),
    repeat: Repeat,
) -> Crash:
    return Crash(
        name=f"of two candidates, the second: {when}",
        at=at,
        n=2,
        paid=paid,
        stored=StoredState(
            records=tuple(sorted(("ready yes", state))),
            objects=tuple(sorted(READY.objects + objects)),
        ),
        during_lease=RUNNING,
        repeat=repeat,
    )


_DRAWN_NOW = Repeat(_GROUP, paid=2, stored=_BOTH)
_RECOVERED = Repeat(_SAME_GROUP, paid=2, stored=_BOTH)

CANDIDATE_CRASHES = (
    Crash(
        name="of two candidates: after the first record was written, before the second is",
        at=INSERTING_SECOND,
        n=2,
        paid=0,
        stored=StoredState(records=("pending no",)),
        during_lease=RUNNING,
        repeat=_DRAWN_NOW,
    ),
    _first(
        "before it is marked as about to be paid",
        MARKING_STARTED,
        paid=0,
        state="pending no",
        repeat=_DRAWN_NOW,
    ),
    _first(
        "after it was marked as about to be paid",
        MARKING_STARTED.response_held,
        paid=0,
        state="pending unknown",
        repeat=Repeat(_GROUP, paid=1, stored=_ONE),
    ),
    _first(
        "during the paid call",
        Generating(),
        paid=1,
        state="pending unknown",
        repeat=Repeat(_GROUP, paid=2, stored=_ONE),
    ),
    _first(
        "after the paid call, before the original is stored",
        PUTTING_ORIGINAL,
        paid=1,
        state="pending unknown",
        repeat=Repeat(_GROUP, paid=2, stored=_ONE),
    ),
    _first(
        "after the original was stored",
        PUTTING_NOTE,
        paid=1,
        state="pending unknown",
        objects=_ORIGINAL,
        repeat=_DRAWN_NOW,
    ),
    _first(
        "after the cutout was stored",
        PUTTING_IMAGE.response_held,
        paid=1,
        state="pending unknown",
        objects=READY.objects,
        repeat=_DRAWN_NOW,
    ),
    _first(
        "after the record was set ready",
        SETTING_READY.response_held,
        paid=1,
        state="ready yes",
        objects=READY.objects,
        repeat=_DRAWN_NOW,
    ),
    _second(
        "before it is marked as about to be paid",
        OfSecondCandidate(MARKING_STARTED, call=1),
        paid=1,
        state="pending no",
        repeat=_DRAWN_NOW,
    ),
    _second(
        "after it was marked as about to be paid",
        OfSecondCandidate(MARKING_STARTED.response_held, call=1),
        paid=1,
        state="pending unknown",
        repeat=Repeat(_SAME_GROUP, paid=1, stored=_ONE),
    ),
    _second(
        "during the paid call",
        OfSecondCandidate(Generating()),
        paid=2,
        state="pending unknown",
        repeat=Repeat(_SAME_GROUP, paid=2, stored=_ONE),
    ),
    _second(
        "after the original was stored",
        OfSecondCandidate(PUTTING_NOTE),
        paid=2,
        state="pending unknown",
        objects=_ORIGINAL,
        repeat=_RECOVERED,
    ),
    _second(
        "after the sidecar was stored, before the cutout is",
        OfSecondCandidate(PUTTING_IMAGE),
        paid=2,
        state="pending unknown",
        objects=_KEPT,
        repeat=_RECOVERED,
    ),
    Crash(
        name="of two candidates, the second: after the record was set ready",
        at=OfSecondCandidate(SETTING_READY.response_held),
        n=2,
        paid=2,
        stored=_BOTH,
        during_lease=_SAME_GROUP,
        repeat=_RECOVERED,
    ),
)
