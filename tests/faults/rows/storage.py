"""Faults of S3, and of the disk where originals wait for it."""

from requests import Response

from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, Held
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    OUTAGES,
    READY,
    Again,
    ExpectedResponse,
    Kept,
    Row,
    Topic,
)
from tests.faults.stage import Stage, fetch

_DOWN = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_WAITS = ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(503, "storage_unavailable", None, {"Retry-After": "5"})
_SPOOLED = Kept(rows=("pending yes",), spool=("note", "original"))


def _before(how: str) -> Row:
    return Row(
        what=f"S3 {OUTAGES[how]} before paying",
        given=lambda stage: getattr(stage.parts.s3, how)(),
        response=_DOWN,
        again=GENERATED_NOW,
    )


def _read(how: str) -> Row:
    def given(stage: Stage) -> None:
        stage.generate_image()
        getattr(stage.parts.s3, how)()

    return Row(
        what=f"S3 {OUTAGES[how]}, and an image is fetched",
        given=given,
        asks=fetch,
        response=_UNREADABLE,
        paid=1,
        kept=READY,
        again=Again(ExpectedResponse(), paid=1, kept=READY),
    )


def _down_after_paying(stage: Stage) -> None:
    stage.check_parts()
    stage.parts.s3.refuse()


def _asked_while_down(stage: Stage) -> None:
    _down_after_paying(stage)
    stage.generate()


def _asked_elsewhere(stage: Stage) -> None:
    _asked_while_down(stage)
    stage.heal()
    spool, away = stage.service.data_dir / "spool", stage.service.data_dir / "away"
    spool.rename(away)

    def back() -> None:
        for path in (away / "originals").iterdir():
            path.rename(spool / "originals" / path.name)

    (spool / "originals").mkdir(parents=True)
    stage.repair_by(back)


def _reports_that_it_is_safe(_: Stage, response: Response) -> None:
    assert "kept safely" in response.json()["message"]


def _object_gone(stage: Stage) -> None:
    stage.generate_image()
    stage.service.ports.store.delete(stage.path.removeprefix("/"))


def _delete_while_down(stage: Stage) -> None:
    stage.generate_image()
    stage.parts.s3.refuse()


def _no_room(stage: Stage) -> None:
    in_its_place = stage.service.data_dir / "spool"
    in_its_place.parent.mkdir(parents=True, exist_ok=True)
    in_its_place.write_bytes(b"no folder can be made here")
    stage.repair_by(in_its_place.unlink)


def _after_original(point: Held, what: str, kept: Kept) -> Row:
    return Row(
        what=what,
        given=lambda stage: stage.break_at(point),
        response=_WAITS,
        paid=1,
        kept=kept,
        again=FINISHED,
        also=_reports_that_it_is_safe,
    )


TOPIC = Topic(
    "Storage",
    (
        *(_before(how) for how in OUTAGES),
        Row(
            what="The spool's disk is full",
            given=_no_room,
            response=_DOWN,
            again=GENERATED_NOW,
        ),
        Row(
            what="S3 fails after paying",
            given=_down_after_paying,
            response=_WAITS,
            paid=1,
            kept=_SPOOLED,
            again=FINISHED,
            also=_reports_that_it_is_safe,
        ),
        Row(
            what="S3 failed after paying, is still down, and the same key is used",
            given=_asked_while_down,
            response=_WAITS,
            paid=1,
            kept=_SPOOLED,
            again=FINISHED,
            also=_reports_that_it_is_safe,
        ),
        Row(
            what="S3 failed after paying, and the same key is used on another server",
            given=_asked_elsewhere,
            response=_WAITS,
            paid=1,
            kept=_SPOOLED,
            again=FINISHED,
        ),
        _after_original(
            PUTTING_NOTE,
            "S3 fails right after storing the original",
            Kept(rows=("pending yes",), objects=("original",), spool=("note", "original")),
        ),
        _after_original(
            PUTTING_IMAGE,
            "S3 fails between the original and the cutout",
            Kept(rows=("pending yes",), objects=("note", "original")),
        ),
        Row(
            what="S3 has no such image",
            given=_object_gone,
            asks=fetch,
            response=ExpectedResponse(404, "image_not_found"),
            paid=1,
            kept=Kept(rows=("ready yes",), objects=("note", "original")),
        ),
        *(_read(how) for how in OUTAGES),
        Row(
            what="S3 is down, and an image is deleted",
            given=_delete_while_down,
            asks=lambda stage: stage.service.call("DELETE", stage.path),
            response=_UNREADABLE,
            paid=1,
            kept=Kept(rows=("deleted yes",), objects=READY.objects),
            again=Again(ExpectedResponse(204), paid=1, kept=Kept(rows=("deleted no",))),
        ),
    ),
)
