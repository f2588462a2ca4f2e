"""Idempotency keys that were used before, or are invalid."""

from tests.faults.rig import Rig
from tests.faults.row import (
    FINISHED,
    NEVER_PAID_AGAIN,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
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

_INVALID = ExpectedResponse(400, "invalid_request")
_REUSED = ExpectedResponse(422, "idempotency_key_reused", "no")
_DELETED = ExpectedResponse(410, "image_deleted", "no")
_BARE = StoredState(records=("deleted no",))


def _running(rig: Rig) -> None:
    rig.fake.script("images", Fault.until(rig.released))
    rig.in_background(rig.generate)
    rig.fake.wait_in_flight()


def _outcome_unknown(rig: Rig) -> None:
    rig.fake.script("images", Fault.drop_before_response())
    rig.generate()


def _deleted(rig: Rig) -> None:
    rig.generate_image()
    assert rig.service.call("DELETE", rig.path).status_code == 204


def _bad_key(name: str, key: str) -> Row:
    return Row(name=name, send=lambda rig: rig.generate(key=key), response=_INVALID)


TOPIC = Topic(
    "Idempotency-Key",
    (
        Row(
            name="The key's image is finished",
            cause=Rig.generate_image,
            response=REPLAYED,
            paid=1,
            stored=READY,
            repeat=FINISHED,
        ),
        Row(
            name="The key's image is being generated",
            cause=_running,
            response=RUNNING,
            paid=1,
            stored=READY,
            repeat=FINISHED,
        ),
        Row(
            name="The key was used for another body",
            cause=Rig.generate_image,
            send=lambda rig: rig.generate("A blue whale"),
            response=_REUSED,
            paid=1,
            stored=READY,
            repeat=Repeat(_REUSED, paid=1),
        ),
        Row(
            name="It is unknown whether the key's image was generated",
            cause=_outcome_unknown,
            response=OUTCOME_UNKNOWN,
            paid=1,
            stored=failed("unknown"),
            repeat=NEVER_PAID_AGAIN,
        ),
        Row(
            name="The same, and a new key is used",
            cause=_outcome_unknown,
            send=lambda rig: rig.generate(key="another"),
            response=SUCCESS,
            paid=2,
            stored=StoredState(records=("ready yes", "unknown unknown"), objects=READY.objects),
            repeat=Repeat(REPLAYED, paid=2),
        ),
        Row(
            name="The key's image was deleted",
            cause=_deleted,
            response=_DELETED,
            paid=1,
            stored=_BARE,
            repeat=Repeat(_DELETED, paid=1, stored=_BARE),
        ),
        _bad_key("The key is longer than 255 characters", "k" * 256),
        _bad_key("The key has a space in it", "two words"),
        _bad_key("The key is empty", ""),
    ),
)
