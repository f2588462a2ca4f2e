"""Faults of requests that move an image to the trash, and back."""

from collections.abc import Callable

from requests import Response

from tests.faults.points import SETTING_READY, HeldRequest
from tests.faults.rig import Rig, generate
from tests.faults.row import (
    READY,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)

_REMOVING = HeldRequest("s3", b"DELETE /")  # the first object to go
_SETTING_TRASHED = HeldRequest("mongo", b"\0trashed\0\x09requested_at\0")  # in a whole record
_SETTINGS = {"trash_days": 7}
_NO_STORAGE = ExpectedResponse(503, "storage_unavailable", None, {"Retry-After": "5"})
_NO_RECORDS = ExpectedResponse(503, "records_unavailable", None, {"Retry-After": "5"})
_TRASHED = StoredState(records=("trashed yes",), objects=("original", "sidecar", "trashed image"))
_BOTH = ("image", "original", "sidecar", "trashed image")
_MOVED = Repeat(ExpectedResponse(204), paid=1, stored=_TRASHED)
_RESTORED = Repeat(SUCCESS, paid=1, stored=READY)


def _delete(rig: Rig) -> Response:
    return rig.service.call("DELETE", rig.path)


def _restore(rig: Rig) -> Response:
    return rig.service.call("POST", f"{rig.path}/restore")


def _row(
    name: str,
    fault: Callable[[Rig], object],
    response: ExpectedResponse,
    stored: StoredState,
    *,
    restores: bool = False,
) -> Row:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        if restores:
            assert _delete(rig).status_code == 204
        fault(rig)

    return Row(
        name=name,
        cause=cause,
        send=_restore if restores else _delete,
        settings=_SETTINGS,
        response=response,
        paid=1,
        stored=stored,
        repeat=_RESTORED if restores else _MOVED,
    )


def _outage(part: str, name: str, response: ExpectedResponse) -> tuple[Row, Row]:
    def fault(rig: Rig) -> None:
        getattr(rig.parts, part).refuse()

    # The record is marked first, so that no image is listed without its file.
    moved = StoredState(records=("trashed yes",), objects=READY.objects) if part == "s3" else READY
    start = f"{name} is down, and an image is"
    return (
        _row(f"{start} moved to the trash", fault, response, moved),
        _row(f"{start} restored", fault, response, _TRASHED, restores=True),
    )


def _breaking_at(point: HeldRequest) -> Callable[[Rig], object]:
    return lambda rig: rig.break_at(point)


def _trashed(rig: Rig) -> None:
    rig.generate_image()
    assert _delete(rig).status_code == 204


TOPIC = Topic(
    "Trash",
    (
        *_outage("s3", "S3", _NO_STORAGE),
        *_outage("mongo", "MongoDB", _NO_RECORDS),
        _row(
            "S3 fails after an image was copied to the trash",
            _breaking_at(_REMOVING),
            _NO_STORAGE,
            StoredState(records=("trashed yes",), objects=_BOTH),
        ),
        _row(
            "S3 fails after an image was restored, before its copy is removed",
            _breaking_at(_REMOVING),
            _NO_STORAGE,
            StoredState(records=("ready yes",), objects=_BOTH),
            restores=True,
        ),
        _row(
            "MongoDB marks an image as trashed, but its response is lost",
            _breaking_at(_SETTING_TRASHED.response_held),
            _NO_RECORDS,
            StoredState(records=("trashed yes",), objects=READY.objects),
        ),
        _row(
            "MongoDB fails after the image was copied back",
            _breaking_at(SETTING_READY),
            _NO_RECORDS,
            StoredState(records=("trashed yes",), objects=_BOTH),
            restores=True,
        ),
        Row(
            name="The key's image is in the trash",
            cause=_trashed,
            send=generate,
            settings=_SETTINGS,
            response=ExpectedResponse(410, "image_trashed", "no"),
            paid=1,
            stored=_TRASHED,
            repeat=Repeat(ExpectedResponse(410, "image_trashed", "no"), paid=1, stored=_TRASHED),
        ),
    ),
)
