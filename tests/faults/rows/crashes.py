"""Crashes: a worker killed with kill -9, by point."""

from tests.faults.points import (
    MARKING_STARTED,
    PUTTING_IMAGE,
    PUTTING_NOTE,
    PUTTING_ORIGINAL,
    SETTING_READY,
    Generating,
)
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    NEVER_PAID_AGAIN,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    RUNNING,
    Crash,
    Repeat,
    StoredState,
    failed,
)

_GENERATING = "during the paid call"
_SET = "after the image was stored, before the record is set ready"
_STARTED = "pending unknown"


def _while_generating(name: str, *embedded: str) -> Crash:
    return Crash(
        name=name,
        at=Generating(),
        embedded=embedded,
        paid=1,
        stored=StoredState(records=(_STARTED,)),
        during_lease=RUNNING,
        repeat=NEVER_PAID_AGAIN,
        with_new_key=2,
    )


CRASHES = (
    Crash(
        name="after the record was written, before it is marked as about to be paid",
        at=MARKING_STARTED,
        paid=0,
        stored=StoredState(records=("pending no",)),
        during_lease=RUNNING,
        repeat=GENERATED_NOW,
    ),
    Crash(
        name="after it was marked as about to be paid, before the paid call",
        at=MARKING_STARTED.response_held,
        paid=0,
        stored=StoredState(records=(_STARTED,)),
        during_lease=RUNNING,
        repeat=Repeat(OUTCOME_UNKNOWN, paid=0, stored=failed("unknown")),
        with_new_key=1,
    ),
    _while_generating(_GENERATING),
    _while_generating(f"{_GENERATING}, with files and SQLite", "s3", "mongo"),
    Crash(
        name="after the paid call, before the original is stored",
        at=PUTTING_ORIGINAL,
        paid=1,
        stored=StoredState(records=(_STARTED,)),
        during_lease=RUNNING,
        repeat=NEVER_PAID_AGAIN,
        with_new_key=2,
    ),
    Crash(
        name="after the original was stored",
        at=PUTTING_NOTE,
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=("original",)),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name="after the sidecar was stored, before the cutout is",
        at=PUTTING_IMAGE,
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=("original", "sidecar")),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name="after the cutout was stored",
        at=PUTTING_IMAGE.response_held,
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=READY.objects),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name="after the cutout was stored, with SQLite for MongoDB",
        at=PUTTING_IMAGE.response_held,
        embedded=("mongo",),
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=READY.objects),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name=_SET,
        at=SETTING_READY,
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=READY.objects),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name=f"{_SET}, with files for S3",
        at=SETTING_READY,
        embedded=("s3",),
        paid=1,
        stored=StoredState(records=(_STARTED,), objects=READY.objects),
        during_lease=RUNNING,
        repeat=FINISHED,
    ),
    Crash(
        name="after the record was set ready, before the response",
        at=SETTING_READY.response_held,
        paid=1,
        stored=READY,
        during_lease=REPLAYED,
        repeat=FINISHED,
    ),
)
