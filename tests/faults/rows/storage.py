"""Faults of S3, and of the disk where originals wait for it."""

from requests import Response

from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, HeldRequest
from tests.faults.rig import Rig, fetch
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    OUTAGES,
    READY,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)

_DOWN = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_WAITS = ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(503, "storage_unavailable", None, {"Retry-After": "5"})
_SPOOLED = StoredState(records=("pending yes",), spool=("original", "sidecar"))


def _before(how: str) -> Row:
    return Row(
        name=f"S3 {OUTAGES[how]} before paying",
        cause=lambda rig: getattr(rig.parts.s3, how)(),
        response=_DOWN,
        repeat=GENERATED_NOW,
    )


def _read(how: str) -> Row:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        getattr(rig.parts.s3, how)()

    return Row(
        name=f"S3 {OUTAGES[how]}, and an image is fetched",
        cause=cause,
        send=fetch,
        response=_UNREADABLE,
        paid=1,
        stored=READY,
        repeat=Repeat(ExpectedResponse(), paid=1, stored=READY),
    )


def _down_after_paying(rig: Rig) -> None:
    rig.check_parts()
    rig.parts.s3.refuse()


def _requested_while_down(rig: Rig) -> None:
    _down_after_paying(rig)
    rig.generate()


def _requested_elsewhere(rig: Rig) -> None:
    _requested_while_down(rig)
    rig.heal()
    spool, away = rig.service.data_dir / "spool", rig.service.data_dir / "away"
    spool.rename(away)

    def back() -> None:
        for path in (away / "originals").iterdir():
            path.rename(spool / "originals" / path.name)

    (spool / "originals").mkdir(parents=True)
    rig.repair_by(back)


def _says_original_is_safe(_: Rig, response: Response) -> None:
    assert "kept safely" in response.json()["message"]


def _object_gone(rig: Rig) -> None:
    rig.generate_image()
    rig.service.ports.store.delete(rig.path.removeprefix("/"))


def _delete_while_down(rig: Rig) -> None:
    rig.generate_image()
    rig.parts.s3.refuse()


def _no_room(rig: Rig) -> None:
    in_its_place = rig.service.data_dir / "spool"
    in_its_place.parent.mkdir(parents=True, exist_ok=True)
    in_its_place.write_bytes(b"no folder can be made here")
    rig.repair_by(in_its_place.unlink)


def _after_original(point: HeldRequest, name: str, stored: StoredState) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.break_at(point),
        response=_WAITS,
        paid=1,
        stored=stored,
        repeat=FINISHED,
        check=_says_original_is_safe,
    )


TOPIC = Topic(
    "Storage",
    (
        *(_before(how) for how in OUTAGES),
        Row(
            name="The spool's disk is full",
            cause=_no_room,
            response=_DOWN,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="S3 fails after paying",
            cause=_down_after_paying,
            response=_WAITS,
            paid=1,
            stored=_SPOOLED,
            repeat=FINISHED,
            check=_says_original_is_safe,
        ),
        Row(
            name="S3 failed after paying, is still down, and the same key is used",
            cause=_requested_while_down,
            response=_WAITS,
            paid=1,
            stored=_SPOOLED,
            repeat=FINISHED,
            check=_says_original_is_safe,
        ),
        Row(
            name="S3 failed after paying, and the same key is used on another server",
            cause=_requested_elsewhere,
            response=_WAITS,
            paid=1,
            stored=_SPOOLED,
            repeat=FINISHED,
        ),
        _after_original(
            PUTTING_NOTE,
            "S3 fails right after storing the original",
            StoredState(
                records=("pending yes",), objects=("original",), spool=("original", "sidecar")
            ),
        ),
        _after_original(
            PUTTING_IMAGE,
            "S3 fails between the original and the cutout",
            StoredState(records=("pending yes",), objects=("original", "sidecar")),
        ),
        Row(
            name="S3 has no such image",
            cause=_object_gone,
            send=fetch,
            response=ExpectedResponse(404, "image_not_found"),
            paid=1,
            stored=StoredState(records=("ready yes",), objects=("original", "sidecar")),
        ),
        *(_read(how) for how in OUTAGES),
        Row(
            name="S3 is down, and an image is deleted",
            cause=_delete_while_down,
            send=lambda rig: rig.service.call("DELETE", rig.path),
            response=_UNREADABLE,
            paid=1,
            stored=StoredState(records=("deleted yes",), objects=READY.objects),
            repeat=Repeat(
                ExpectedResponse(204), paid=1, stored=StoredState(records=("deleted no",))
            ),
        ),
    ),
)
