"""Faults of MongoDB."""

from requests import Response

from tests.faults.points import MARKING_BEGUN, SETTING_READY
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    OUTAGES,
    OUTCOME_UNKNOWN,
    READY,
    RUNNING,
    SUCCESS,
    Again,
    ExpectedResponse,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import Stage, fetch

_DOWN = ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(503, "records_unavailable", None, {"Retry-After": "5"})
_LONG = 10  # seconds, for a busy machine; MongoDB's own clients wait for 30


def _before(how: str) -> Row:
    return Row(
        what=f"MongoDB {OUTAGES[how]} before paying",
        given=lambda stage: getattr(stage.parts.mongo, how)(),
        response=_DOWN,
        again=GENERATED_NOW,
    )


def _generated_then_down(stage: Stage) -> None:
    stage.generate_image()
    stage.parts.mongo.refuse()


def _read(what: str, path: str, well: ExpectedResponse) -> Row:
    return Row(
        what=f"MongoDB is down, and {what}",
        given=_generated_then_down,
        asks=lambda stage: stage.service.get(path.format(image=stage.path)),
        response=_UNREADABLE,
        paid=1,
        kept=READY,
        also=_comes_within_seconds,
        again=Again(well, paid=1),
    )


def _comes_within_seconds(_: Stage, response: Response) -> None:
    assert response.elapsed.total_seconds() < _LONG


TOPIC = Topic(
    "Records",
    (
        *(_before(how) for how in OUTAGES),
        Row(
            what="MongoDB is down before paying, and the request has no key",
            given=lambda stage: stage.parts.mongo.refuse(),
            asks=lambda stage: stage.generate(key=None),
            response=_DOWN,
            again=Again(SUCCESS, paid=1, kept=READY),
        ),
        Row(
            what="MongoDB fails between the record and the mark that paying begins",
            given=lambda stage: stage.break_at(MARKING_BEGUN),
            response=_DOWN,
            kept=Kept(rows=("pending no",)),
            meanwhile=RUNNING,
            again=GENERATED_NOW,
        ),
        Row(
            what="MongoDB stores the mark that paying begins, but its response is lost",
            given=lambda stage: stage.break_at(MARKING_BEGUN.answered),
            response=_DOWN,
            kept=Kept(rows=("pending unknown",)),
            meanwhile=RUNNING,
            again=Again(OUTCOME_UNKNOWN, paid=0, kept=failed("unknown")),
        ),
        Row(
            what="MongoDB fails after the image was stored",
            given=lambda stage: stage.break_at(SETTING_READY),
            response=SUCCESS,
            paid=1,
            kept=Kept(rows=("pending unknown",), objects=READY.objects),
            meanwhile=RUNNING,
            again=FINISHED,
        ),
        _read("the list is read", "/images", ExpectedResponse()),
        _read("an image's metadata is read", "{image}/metadata", SUCCESS),
        Row(
            what="MongoDB is down, and an image is fetched",
            given=_generated_then_down,
            asks=fetch,
            response=ExpectedResponse(),
            paid=1,
            kept=READY,
        ),
    ),
)
