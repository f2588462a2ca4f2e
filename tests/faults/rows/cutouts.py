"""Faults of requests for another cutout of a stored image."""

from collections.abc import Callable
from dataclasses import replace

from requests import Response

from tests.faults.points import PUTTING_IMAGE, SETTING_READY, HeldRequest
from tests.faults.rig import Rig
from tests.faults.row import (
    OUTAGES,
    READY,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)

_MADE = ExpectedResponse(201, charged="no")
_NO_STORAGE = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_NO_RECORDS = ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"})
_IN_PROGRESS = ExpectedResponse(409, "generation_in_progress", "no", {"Retry-After": "5"})
_BOTH = StoredState(
    records=("ready no", "ready yes"),
    objects=("image", "image", "original", "original", "sidecar", "sidecar"),
)
_WITHOUT_IMAGE = StoredState(
    records=("pending no", "ready yes"),
    objects=("image", "original", "original", "sidecar", "sidecar"),
)
_REPLACED = StoredState(
    records=("ready no", "replaced yes"),
    objects=("image", "original", "original", "sidecar", "sidecar"),
)


def _cut(rig: Rig) -> Response:
    return rig.service.call("POST", f"{rig.path}/cutouts", json={})


def _replace(rig: Rig) -> Response:
    return rig.service.call("POST", f"{rig.path}/cutouts", json={"replace": True})


def _generated_then(fault: Callable[[Rig], object]) -> Callable[[Rig], object]:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        fault(rig)

    return cause


def _breaking_at(point: HeldRequest) -> Callable[[Rig], object]:
    return _generated_then(lambda rig: rig.break_at(point))


def _outage(part: str, name: str, how: str, response: ExpectedResponse) -> Row:
    return Row(
        name=f"{name} {OUTAGES[how]}, and an image is cut out again",
        cause=_generated_then(lambda rig: getattr(getattr(rig.parts, part), how)()),
        send=_cut,
        response=response,
        paid=1,
        stored=READY,
        repeat=Repeat(_MADE, paid=1, stored=_BOTH),
    )


TOPIC = Topic(
    "Other cutouts",
    (
        *(_outage("s3", "S3", how, _NO_STORAGE) for how in OUTAGES),
        *(_outage("mongo", "MongoDB", how, _NO_RECORDS) for how in OUTAGES),
        Row(
            name="S3 fails before the other cutout is stored",
            cause=_breaking_at(PUTTING_IMAGE),
            send=_replace,
            response=_NO_STORAGE,
            paid=1,
            stored=_WITHOUT_IMAGE,
            repeat=Repeat(_MADE, paid=1, stored=_REPLACED),
        ),
        Row(
            name="MongoDB fails after the other cutout was stored",
            cause=_breaking_at(SETTING_READY),
            send=_cut,
            response=_MADE,
            paid=1,
            stored=replace(_BOTH, records=("pending no", "ready yes")),
            during_lease=_IN_PROGRESS,
            repeat=Repeat(_MADE, paid=1, stored=_BOTH),
        ),
        Row(
            name="MongoDB fails after it was stored, and it is to replace the first image",
            cause=_breaking_at(SETTING_READY),
            send=_replace,
            response=_NO_RECORDS,
            paid=1,
            stored=replace(_BOTH, records=("pending no", "ready yes")),
            during_lease=_IN_PROGRESS,
            repeat=Repeat(_MADE, paid=1, stored=_REPLACED),
        ),
    ),
)
