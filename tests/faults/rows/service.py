"""Faults of the service itself."""

from requests import Response

from tests.faults.row import (
    FINISHED,
    READY,
    RUNNING,
    SUCCESS,
    Again,
    ExpectedResponse,
    Kept,
    Row,
    Topic,
)
from tests.faults.stage import Stage, fetch
from tests.support.fake_openai import Fault

_BUG = ExpectedResponse(500, "internal_error")
_NO_SUCH = "/images/00000000-0000-4000-8000-000000000000.png"


def _full(stage: Stage) -> None:
    stage.fake.script("images", Fault.until(stage.released))
    stage.in_background(lambda: stage.generate(key="another"))
    stage.fake.wait_in_flight(timeout=30)


def _bug_in_store(stage: Stage) -> None:
    store = stage.service.ports.store.__dict__
    right, store["store"] = store["store"], None  # what a bug might do
    stage.path = _NO_SUCH
    stage.repair_by(lambda: store.update(store=right))


def _bug_in_imaging(stage: Stage) -> None:
    imaging = stage.service.ports.image_processor.__dict__
    imaging["cut_out"] = None  # what a bug might do
    stage.repair_by(lambda: imaging.pop("cut_out"))


def _shows_nothing(_: Stage, response: Response) -> None:
    assert "NoneType" not in response.text
    assert "Traceback" not in response.text


TOPIC = Topic(
    "The service itself",
    (
        Row(
            what="All generation slots are taken",
            given=_full,
            settings={"max_concurrent_generations": 1},
            response=ExpectedResponse(503, "busy", "no", {"Retry-After": "5"}),
            paid=1,
            kept=READY,
            again=Again(
                SUCCESS, paid=2, kept=Kept(READY.rows * 2, tuple(sorted(READY.objects * 2)))
            ),
        ),
        Row(
            what="A bug in the service",
            given=_bug_in_store,
            asks=fetch,
            response=_BUG,
            log=("internal_error: AttributeError", "Traceback"),
            also=_shows_nothing,
        ),
        Row(
            what="A bug in the service after paying",
            given=_bug_in_imaging,
            response=ExpectedResponse(500, "internal_error", "unknown"),
            paid=1,
            kept=Kept(rows=("pending unknown",), objects=("note", "original")),
            meanwhile=RUNNING,
            again=FINISHED,
            log=("internal_error: TypeError", "Traceback"),
            also=_shows_nothing,
        ),
    ),
)
