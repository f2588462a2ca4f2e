"""Crashes: a worker killed with kill -9, by point."""

from tests.faults.points import (
    MARKING_BEGUN,
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
    Again,
    Crash,
    Kept,
    failed,
)

_GENERATING = "during the paid call"
_SET = "after the image was stored, before the record is set ready"
_BEGUN = "pending unknown"


def _while_generating(what: str, *embedded: str) -> Crash:
    return Crash(
        what=what,
        at=Generating(),
        embedded=embedded,
        paid=1,
        kept=Kept(rows=(_BEGUN,)),
        meanwhile=RUNNING,
        again=NEVER_PAID_AGAIN,
        with_new_key=2,
    )


CRASHES = (
    Crash(
        what="after the record was written, before it is marked as about to be paid",
        at=MARKING_BEGUN,
        paid=0,
        kept=Kept(rows=("pending no",)),
        meanwhile=RUNNING,
        again=GENERATED_NOW,
    ),
    Crash(
        what="after it was marked as about to be paid, before the paid call",
        at=MARKING_BEGUN.answered,
        paid=0,
        kept=Kept(rows=(_BEGUN,)),
        meanwhile=RUNNING,
        again=Again(OUTCOME_UNKNOWN, paid=0, kept=failed("unknown")),
        with_new_key=1,
    ),
    _while_generating(_GENERATING),
    _while_generating(f"{_GENERATING}, with files and SQLite", "s3", "mongo"),
    Crash(
        what="after the paid call, before the original is stored",
        at=PUTTING_ORIGINAL,
        paid=1,
        kept=Kept(rows=(_BEGUN,)),
        meanwhile=RUNNING,
        again=NEVER_PAID_AGAIN,
        with_new_key=2,
    ),
    Crash(
        what="after the original was stored",
        at=PUTTING_NOTE,
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=("original",)),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what="after the note beside the original, before the cutout is stored",
        at=PUTTING_IMAGE,
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=("note", "original")),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what="after the cutout was stored",
        at=PUTTING_IMAGE.answered,
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=READY.objects),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what="after the cutout was stored, with SQLite for MongoDB",
        at=PUTTING_IMAGE.answered,
        embedded=("mongo",),
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=READY.objects),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what=_SET,
        at=SETTING_READY,
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=READY.objects),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what=f"{_SET}, with files for S3",
        at=SETTING_READY,
        embedded=("s3",),
        paid=1,
        kept=Kept(rows=(_BEGUN,), objects=READY.objects),
        meanwhile=RUNNING,
        again=FINISHED,
    ),
    Crash(
        what="after the record was set ready, before the response",
        at=SETTING_READY.answered,
        paid=1,
        kept=READY,
        meanwhile=REPLAYED,
        again=FINISHED,
    ),
)
