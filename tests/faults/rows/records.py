"""What goes wrong at MongoDB."""

from requests import Response

from tests.faults.points import MARKING_BEGUN, SETTING_READY
from tests.faults.row import (
    DRAWN_NOW,
    FINISHED,
    HOW,
    MADE,
    OUTCOME_UNKNOWN,
    READY,
    RUNNING,
    Again,
    Answer,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import Stage, fetch

_DOWN = Answer(503, "records_unavailable", "no", {"Retry-After": "5"})
_UNREADABLE = Answer(503, "records_unavailable", None, {"Retry-After": "5"})
_LONG = 10  # seconds, for a busy machine; MongoDB's own clients wait for 30


def _before(how: str) -> Row:
    return Row(
        what=f"MongoDB {HOW[how]} before paying",
        given=lambda stage: getattr(stage.parts.mongo, how)(),
        answer=_DOWN,
        again=DRAWN_NOW,
    )


def _drawn_then_down(stage: Stage) -> None:
    stage.draw()
    stage.parts.mongo.refuse()


def _read(what: str, path: str, well: Answer) -> Row:
    return Row(
        what=f"MongoDB is down, and {what}",
        given=_drawn_then_down,
        asks=lambda stage: stage.service.get(path.format(image=stage.path)),
        answer=_UNREADABLE,
        paid=1,
        kept=READY,
        also=_comes_within_seconds,
        again=Again(well, paid=1),
    )


def _comes_within_seconds(_: Stage, answer: Response) -> None:
    assert answer.elapsed.total_seconds() < _LONG


TOPIC = Topic(
    "Records",
    (
        *(_before(how) for how in HOW),
        Row(
            what="MongoDB is down before paying, and the request has no key",
            given=lambda stage: stage.parts.mongo.refuse(),
            asks=lambda stage: stage.generate(key=None),
            answer=_DOWN,
            again=Again(MADE, paid=1, kept=READY),
        ),
        Row(
            what="MongoDB fails between the row and the mark that paying begins",
            given=lambda stage: stage.break_at(MARKING_BEGUN),
            answer=_DOWN,
            kept=Kept(rows=("pending no",)),
            meanwhile=RUNNING,
            again=DRAWN_NOW,
        ),
        Row(
            what="MongoDB takes the mark that paying begins, but its answer is lost",
            given=lambda stage: stage.break_at(MARKING_BEGUN.answered),
            answer=_DOWN,
            kept=Kept(rows=("pending unknown",)),
            meanwhile=RUNNING,
            again=Again(OUTCOME_UNKNOWN, paid=0, kept=failed("unknown")),
        ),
        Row(
            what="MongoDB fails after the image was stored",
            given=lambda stage: stage.break_at(SETTING_READY),
            answer=MADE,
            paid=1,
            kept=Kept(rows=("pending unknown",), objects=READY.objects),
            meanwhile=RUNNING,
            again=FINISHED,
        ),
        _read("the list is read", "/images", Answer()),
        _read("what is known of an image is read", "{image}/metadata", MADE),
        Row(
            what="MongoDB is down, and an image is fetched",
            given=_drawn_then_down,
            asks=fetch,
            answer=Answer(),
            paid=1,
            kept=READY,
        ),
    ),
)
