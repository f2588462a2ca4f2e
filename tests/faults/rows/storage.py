"""Faults of S3, and of the disk where originals wait for it."""

from requests import Response

from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, HeldRequest
from tests.faults.rig import Rig, fetch
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    OUTAGES,
    READY,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)
from tests.support.servers.s3_refusals import PROFILES, Refusal, is_larger_than, is_put

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


def _refused_before(name: str, *refusals: Refusal) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.refuse_at_s3(*refusals, probes_as_shipped=True),
        response=_DOWN,
        repeat=GENERATED_NOW,
        check=_no_further_image_is_paid,
    )


def _refused_after(name: str, *refusals: Refusal, stored: StoredState) -> Row:
    def cause(rig: Rig) -> None:
        rig.check_parts()
        rig.refuse_at_s3(*refusals)

    return Row(
        name=f"{name}, after paying",
        cause=cause,
        response=_WAITS,
        paid=1,
        stored=stored,
        repeat=FINISHED,
        check=_no_further_image_is_paid,
    )


def _no_further_image_is_paid(rig: Rig, _: Response) -> None:
    paid = rig.fake.paid
    for number in range(2):
        response = rig.generate(key=f"another-{number}")
        assert (response.status_code, response.json()["charged"]) == (503, "no")
    assert rig.fake.paid == paid
    ready = rig.service.get("/readyz")
    assert (ready.status_code, ready.json()["parts"]["storage"]["up"]) == (503, False)


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
        _refused_before(
            "S3 refuses every write (403), but no read",
            Refusal(is_put, 403, "AccessDenied"),
        ),
        _refused_before(
            "S3 refuses every write as not implemented (501)",
            Refusal(is_put, 501, "NotImplemented"),
        ),
        _refused_before(
            "A proxy before S3 refuses large bodies (413)",
            Refusal(is_larger_than(1024 * 1024), 413),
        ),
        Row(
            name="S3 refuses HEAD on the bucket, checksums and chunked bodies",
            cause=lambda rig: rig.refuse_at_s3(*PROFILES["everything"]),
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=FINISHED,
        ),
        _refused_after(
            "S3 begins to refuse writes (403)",
            Refusal(is_put, 403, "QuotaExceeded"),
            stored=_SPOOLED,
        ),
        _refused_after(
            "S3 begins to refuse images, but no originals (400)",
            Refusal(lambda request: is_put(request) and "/images/" in request.target, 400),
            stored=StoredState(records=("pending yes",), objects=("original", "sidecar")),
        ),
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
