"""Faults of requests that send an image."""

from collections.abc import Callable
from dataclasses import replace

from requests import Response

from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, SETTING_READY, HeldRequest
from tests.faults.rig import Rig
from tests.faults.row import (
    NOTHING,
    OUTAGES,
    UPLOADED,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)
from tests.support.servers.s3_lies import WRITES, writing
from tests.support.servers.seaweedfs import client_of

STORED = ExpectedResponse(201, charged="no")
COMPLETE = StoredState(records=("ready no",), objects=("image", "original", "sidecar"))
_NO_STORAGE = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_NO_RECORDS = ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"})
_IN_PROGRESS = ExpectedResponse(409, "generation_in_progress", "no", {"Retry-After": "5"})
_FINISHED = Repeat(STORED, paid=0, stored=COMPLETE)
_PENDING = StoredState(records=("pending no",))


def _upload(rig: Rig, data: bytes = UPLOADED) -> Response:
    return rig.service.call("POST", "/images", files={"file": ("a.png", data)})


def _outage(part: str, name: str, how: str, response: ExpectedResponse, kept: StoredState) -> Row:
    return Row(
        name=f"{name} {OUTAGES[how]}",
        cause=lambda rig: getattr(getattr(rig.parts, part), how)(),
        send=_upload,
        response=response,
        stored=kept,
        repeat=_FINISHED,
    )


def _keep_half(rig: Rig) -> None:
    """Make S3 confirm writes of originals, and keep half of each."""
    rig.check_parts()  # which write too
    host, port = rig.parts.s3.target
    s3 = client_of(f"http://{host}:{port}", rig.parts.settings["aws_secret_access_key"], {})
    rig.repair_by(s3.close)
    bucket = rig.parts.settings["s3_bucket_name"]

    def put(key: str, data: bytes) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=data)

    half = WRITES["half is stored, with the ETag of the whole"]
    rig.lie_at_s3(writing("/originals/", half, put))


def _breaking_at(point: HeldRequest) -> Callable[[Rig], object]:
    return lambda rig: rig.break_at(point)


TOPIC = Topic(
    "Uploads",
    (
        *(_outage("s3", "S3", how, _NO_STORAGE, _PENDING) for how in OUTAGES),
        *(_outage("mongo", "MongoDB", how, _NO_RECORDS, NOTHING) for how in OUTAGES),
        Row(
            name="S3 fails after the original of an upload was stored",
            cause=_breaking_at(PUTTING_NOTE),
            send=_upload,
            response=_NO_STORAGE,
            stored=replace(_PENDING, objects=("original",)),
            repeat=_FINISHED,
        ),
        Row(
            name="S3 confirms the write of an upload's original, but half is stored",
            cause=_keep_half,
            send=_upload,
            response=_NO_STORAGE,
            stored=replace(_PENDING, objects=("damaged original",)),
            repeat=_FINISHED,
        ),
        Row(
            name="S3 fails before the cutout of an upload is stored",
            cause=_breaking_at(PUTTING_IMAGE),
            send=_upload,
            response=_NO_STORAGE,
            stored=replace(_PENDING, objects=("original", "sidecar")),
            repeat=_FINISHED,
        ),
        Row(
            name="MongoDB fails after an upload was stored",
            cause=_breaking_at(SETTING_READY),
            send=_upload,
            response=STORED,
            stored=replace(COMPLETE, records=("pending no",)),
            during_lease=_IN_PROGRESS,
            repeat=_FINISHED,
        ),
        Row(
            name="The uploaded file is cut off",
            send=lambda rig: _upload(rig, UPLOADED[:300]),
            response=ExpectedResponse(400, "invalid_request", "no"),
        ),
    ),
)
