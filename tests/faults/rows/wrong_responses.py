"""Wrong responses of S3 to reads and writes."""

from requests import Response

from tests.faults.rig import Rig, fetch
from tests.faults.row import FINISHED, READY, ExpectedResponse, Repeat, Row, StoredState, Topic
from tests.support.servers.s3_lies import CHANGES, WRITES, reading, writing

_SPOOLED = StoredState(records=("pending yes",), spool=("original", "sidecar"))
_WITHOUT_IMAGE = StoredState(records=("pending yes",), objects=("original", "sidecar"))
_WAITS = ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(503, "storage_unavailable", None, {"Retry-After": "5"})


def _misread(what: str) -> Row:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        rig.lie_at_s3(reading(rig.path.removeprefix("/"), CHANGES[what]))

    return Row(
        name=f"S3 answers the read of an image with {what}",
        cause=cause,
        send=fetch,
        response=_UNREADABLE,
        paid=1,
        stored=READY,
        repeat=Repeat(ExpectedResponse(), paid=1, stored=READY),
    )


def _miswritten(kind: str, part: str, what: str, stored: StoredState) -> Row:
    def cause(rig: Rig) -> None:
        rig.check_parts()  # which write too
        rig.lie_at_s3(writing(part, WRITES[what], lambda *_: None))

    return Row(
        name=f"S3 confirms the write of {kind}, but {what}",
        cause=cause,
        response=_WAITS,
        paid=1,
        stored=stored,
        repeat=FINISHED,
        check=_nothing_more_is_paid,
    )


def _nothing_more_is_paid(rig: Rig, _: Response) -> None:
    paid = rig.fake.paid
    response = rig.generate(key="another")
    assert (response.status_code, response.json()["charged"]) == (503, "no")
    assert rig.fake.paid == paid


TOPIC = Topic(
    "Wrong responses of the store",
    (
        _misread("a page with status 200"),
        _misread("half of the object, and the length of the half"),
        _miswritten("the original", "/originals/", "nothing is stored", _SPOOLED),
        _miswritten(
            "the original", "/originals/", "nothing is stored, and there is no ETag", _SPOOLED
        ),
        _miswritten("the image", "/images/", "nothing is stored", _WITHOUT_IMAGE),
    ),
)
