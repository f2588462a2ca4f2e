"""Faults of MongoDB."""

import threading
from collections.abc import Callable

from requests import Response

from tests.faults.points import MARKING_STARTED, SETTING_READY
from tests.faults.rig import Rig, fetch
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    OUTAGES,
    OUTCOME_UNKNOWN,
    READY,
    RUNNING,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
    failed,
)
from tests.support.fake_openai import Fault

_DOWN = ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(503, "records_unavailable", None, {"Retry-After": "5"})
_MAX_SECONDS = 25  # for a busy machine; by default, MongoDB's client waits for 30


def _before(how: str) -> Row:
    return Row(
        name=f"MongoDB {OUTAGES[how]} before paying",
        cause=lambda rig: getattr(rig.parts.mongo, how)(),
        response=_DOWN,
        repeat=GENERATED_NOW,
    )


def _without_majority(*commands: str) -> Callable[[Rig], None]:
    """Return a cause: the commands are carried out, but no majority confirms it in time."""
    timeout = {"code": 64, "errmsg": "timed out", "errInfo": {"wtimeout": True}}

    def cause(rig: Rig) -> None:
        rig.check_parts()
        rig.fail_at_mongo(*commands, writeConcernError=timeout)

    return cause


def _without_majority_while_generating(rig: Rig) -> None:
    lost = threading.Event()
    rig.fake.script("images", Fault.until(lost))

    def lose() -> None:
        rig.fake.wait_in_flight()
        _without_majority("findAndModify")(rig)
        lost.set()

    rig.in_background(lose)


def _generated_then_down(rig: Rig) -> None:
    rig.generate_image()
    rig.parts.mongo.refuse()


def _read(name: str, path: str, well: ExpectedResponse) -> Row:
    return Row(
        name=f"MongoDB is down, and {name}",
        cause=_generated_then_down,
        send=lambda rig: rig.service.get(path.format(image=rig.path)),
        response=_UNREADABLE,
        paid=1,
        stored=READY,
        check=_comes_within_seconds,
        repeat=Repeat(well, paid=1),
    )


def _comes_within_seconds(_: Rig, response: Response) -> None:
    assert response.elapsed.total_seconds() < _MAX_SECONDS


TOPIC = Topic(
    "Records",
    (
        *(_before(how) for how in OUTAGES),
        Row(
            name="MongoDB is down before paying, and the request has no key",
            cause=lambda rig: rig.parts.mongo.refuse(),
            send=lambda rig: rig.generate(key=None),
            response=_DOWN,
            repeat=Repeat(SUCCESS, paid=1, stored=READY),
        ),
        Row(
            name="MongoDB fails between the record and the mark that paying begins",
            cause=lambda rig: rig.break_at(MARKING_STARTED),
            response=_DOWN,
            stored=StoredState(records=("pending no",)),
            during_lease=RUNNING,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="MongoDB stores the mark that paying begins, but its response is lost",
            cause=lambda rig: rig.break_at(MARKING_STARTED.response_held),
            response=_DOWN,
            stored=StoredState(records=("pending unknown",)),
            during_lease=RUNNING,
            repeat=Repeat(OUTCOME_UNKNOWN, paid=0, stored=failed("unknown")),
        ),
        Row(
            name="MongoDB fails after the image was stored",
            cause=lambda rig: rig.break_at(SETTING_READY),
            response=SUCCESS,
            paid=1,
            stored=StoredState(records=("pending unknown",), objects=READY.objects),
            during_lease=RUNNING,
            repeat=FINISHED,
        ),
        Row(
            name="No majority of MongoDB's members confirms the reservation of the cost",
            cause=_without_majority("update"),
            response=_DOWN,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="No majority of MongoDB's members confirms the record",
            cause=_without_majority("insert"),
            response=_DOWN,
            stored=StoredState(records=("pending no",)),
            during_lease=RUNNING,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="No majority of MongoDB's members confirms the mark that paying begins",
            cause=_without_majority("findAndModify"),
            response=_DOWN,
            stored=StoredState(records=("pending unknown",)),
            during_lease=RUNNING,
            repeat=Repeat(OUTCOME_UNKNOWN, paid=0, stored=failed("unknown")),
        ),
        Row(
            name="No majority of MongoDB's members confirms that the record is ready",
            cause=_without_majority_while_generating,
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=FINISHED,
        ),
        _read("the list is read", "/images", ExpectedResponse()),
        _read("an image's metadata is read", "{image}/metadata", SUCCESS),
        Row(
            name="MongoDB is down, and an image is fetched",
            cause=_generated_then_down,
            send=fetch,
            response=ExpectedResponse(),
            paid=1,
            stored=READY,
        ),
    ),
)
