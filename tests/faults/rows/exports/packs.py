"""Faults of S3 while a pack is made of an image."""

from requests import Response

from tests.faults.rig import Rig
from tests.faults.row import READY, ExpectedResponse, Repeat, Row, StoredState, Topic

_UNREADABLE = ExpectedResponse(503, "storage_unavailable", None, {"Retry-After": "5"})


def _pack(rig: Rig) -> Response:
    return rig.service.get(f"{rig.path}/pack?kind=slack")


def _store_down(rig: Rig) -> None:
    rig.generate_image()
    rig.parts.s3.refuse()


def _original_gone(rig: Rig) -> None:
    rig.generate_image()
    store = rig.service.ports.store
    (key,) = (key for key in store.keys("originals/") if not key.endswith(".json"))
    store.delete(key)


TOPIC = Topic(
    "Packs",
    (
        Row(
            name="S3 is down, and a pack of an image is made",
            cause=_store_down,
            send=_pack,
            response=_UNREADABLE,
            paid=1,
            stored=READY,
            repeat=Repeat(ExpectedResponse(), paid=1, stored=READY),
        ),
        Row(
            name="S3 has no original, and a pack of the image is made",
            cause=_original_gone,
            send=_pack,
            response=ExpectedResponse(404, "original_missing"),
            paid=1,
            stored=StoredState(records=("ready yes",), objects=("image", "sidecar")),
        ),
    ),
)
