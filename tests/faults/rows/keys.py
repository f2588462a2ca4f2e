"""Idempotency keys that were used before, or are invalid."""

from tests.faults.row import (
    FINISHED,
    NEVER_PAID_AGAIN,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    RUNNING,
    SUCCESS,
    Again,
    ExpectedResponse,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import Stage
from tests.support.fake_openai import Fault

_INVALID = ExpectedResponse(400, "invalid_request")
_REUSED = ExpectedResponse(422, "idempotency_key_reused", "no")
_DELETED = ExpectedResponse(410, "image_deleted", "no")
_BARE = Kept(rows=("deleted no",))


def _running(stage: Stage) -> None:
    stage.fake.script("images", Fault.until(stage.released))
    stage.in_background(stage.generate)
    stage.fake.wait_in_flight(timeout=30)


def _outcome_unknown(stage: Stage) -> None:
    stage.fake.script("images", Fault.drop_before_response())
    stage.generate()


def _deleted(stage: Stage) -> None:
    stage.generate_image()
    assert stage.service.call("DELETE", stage.path).status_code == 204


def _bad_key(what: str, key: str) -> Row:
    return Row(what=what, asks=lambda stage: stage.generate(key=key), response=_INVALID)


TOPIC = Topic(
    "Idempotency-Key",
    (
        Row(
            what="The key's image is finished",
            given=Stage.generate_image,
            response=REPLAYED,
            paid=1,
            kept=READY,
            again=FINISHED,
        ),
        Row(
            what="The key's image is being generated",
            given=_running,
            response=RUNNING,
            paid=1,
            kept=READY,
            again=FINISHED,
        ),
        Row(
            what="The key was used for another body",
            given=Stage.generate_image,
            asks=lambda stage: stage.generate("A blue whale"),
            response=_REUSED,
            paid=1,
            kept=READY,
            again=Again(_REUSED, paid=1),
        ),
        Row(
            what="It is unknown whether the key's image was generated",
            given=_outcome_unknown,
            response=OUTCOME_UNKNOWN,
            paid=1,
            kept=failed("unknown"),
            again=NEVER_PAID_AGAIN,
        ),
        Row(
            what="The same, and a new key is used",
            given=_outcome_unknown,
            asks=lambda stage: stage.generate(key="another"),
            response=SUCCESS,
            paid=2,
            kept=Kept(rows=("ready yes", "unknown unknown"), objects=READY.objects),
            again=Again(REPLAYED, paid=2),
        ),
        Row(
            what="The key's image was deleted",
            given=_deleted,
            response=_DELETED,
            paid=1,
            kept=_BARE,
            again=Again(_DELETED, paid=1, kept=_BARE),
        ),
        _bad_key("The key is longer than 255 characters", "k" * 256),
        _bad_key("The key has a space in it", "two words"),
        _bad_key("The key is empty", ""),
    ),
)
