"""Faults of the service itself."""

from functools import partial

import requests
from requests import Response

from app.container.waiting import PLACES
from app.services.caching.caching_store import CachingStore
from app.services.caching.verified_store import VerifiedStore
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


def _no_place_for_prompts(rig: Rig) -> None:
    rig.fake.always("chat", Fault.until(rig.released))
    for number in range(PLACES["prompts"]):
        url = f"{rig.service.url}/generate-prompts?theme={number}"
        rig.in_background(partial(requests.get, url, timeout=60))
    rig.fake.wait_for_request("chat", PLACES["prompts"])


def _found_silent(rig: Rig) -> None:
    rig.parts.s3.black_hole()
    rig.path = _NO_SUCH
    assert rig.service.get(rig.path.replace("000.png", "001.png")).status_code == 503


def _bug_in_store(rig: Rig) -> None:
    assert isinstance(rig.service.ports.store, CachingStore)
    assert isinstance(rig.service.ports.store.store, VerifiedStore)
    store = rig.service.ports.store.store.store.__dict__
    right, store["client"] = store["client"], None  # what a bug might do
    rig.path = _NO_SUCH
    rig.repair_by(lambda: store.update(client=right))


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
            name="More callers wait for the text model than there are places",
            cause=_no_place_for_prompts,
            send=lambda rig: rig.service.get("/generate-prompts?theme=new"),
            response=ExpectedResponse(503, "busy", headers={"Retry-After": "2"}),
        ),
        Row(
            name="S3 never responds, a read has found it, and another image is fetched",
            cause=_found_silent,
            send=fetch,
            response=ExpectedResponse(503, "storage_unavailable", headers={"Retry-After": "5"}),
            log=("the image store did not respond to an earlier call",),
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
