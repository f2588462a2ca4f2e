"""Faults of the service itself."""

from requests import Response

from tests.faults.rig import Rig, fetch
from tests.faults.row import (
    FINISHED,
    READY,
    RUNNING,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)
from tests.support.fake_openai import Fault

_BUG = ExpectedResponse(500, "internal_error")
_NO_SUCH = "/images/00000000-0000-4000-8000-000000000000.png"


def _full(rig: Rig) -> None:
    rig.fake.script("images", Fault.until(rig.released))
    rig.in_background(lambda: rig.generate(key="another"))
    rig.fake.wait_in_flight()


def _bug_in_store(rig: Rig) -> None:
    store = rig.service.ports.store.__dict__
    right, store["store"] = store["store"], None  # what a bug might do
    rig.path = _NO_SUCH
    rig.repair_by(lambda: store.update(store=right))


def _bug_in_imaging(rig: Rig) -> None:
    imaging = rig.service.ports.image_processor.__dict__
    imaging["cut_out"] = None  # what a bug might do
    rig.repair_by(lambda: imaging.pop("cut_out"))


def _shows_nothing(_: Rig, response: Response) -> None:
    assert "NoneType" not in response.text
    assert "Traceback" not in response.text


TOPIC = Topic(
    "The service itself",
    (
        Row(
            name="All generation slots are taken",
            cause=_full,
            settings={"max_concurrent_generations": 1},
            response=ExpectedResponse(503, "busy", "no", {"Retry-After": "5"}),
            paid=1,
            stored=READY,
            repeat=Repeat(
                SUCCESS,
                paid=2,
                stored=StoredState(READY.records * 2, tuple(sorted(READY.objects * 2))),
            ),
        ),
        Row(
            name="A bug in the service",
            cause=_bug_in_store,
            send=fetch,
            response=_BUG,
            log=("internal_error: AttributeError", "Traceback"),
            check=_shows_nothing,
        ),
        Row(
            name="A bug in the service after paying",
            cause=_bug_in_imaging,
            response=ExpectedResponse(500, "internal_error", "unknown"),
            paid=1,
            stored=StoredState(records=("pending unknown",), objects=("original", "sidecar")),
            during_lease=RUNNING,
            repeat=FINISHED,
            log=("internal_error: TypeError", "Traceback"),
            check=_shows_nothing,
        ),
    ),
)
