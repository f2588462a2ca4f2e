"""What an Idempotency-Key gets that was used before, or that is none."""

from tests.faults.row import (
    FINISHED,
    MADE,
    NEVER_AGAIN,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    RUNNING,
    Again,
    Answer,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import Stage
from tests.support.fake_openai import Fault

_INVALID = Answer(400, "invalid_request")
_REUSED = Answer(422, "idempotency_key_reused", "no")
_DELETED = Answer(410, "image_deleted", "no")
_BARE = Kept(rows=("deleted no",))


def _running(stage: Stage) -> None:
    stage.fake.script("images", Fault.until(stage.released))
    stage.in_background(stage.generate)
    stage.fake.wait_in_flight(timeout=30)


def _outcome_unknown(stage: Stage) -> None:
    stage.fake.script("images", Fault.drop_before_response())
    stage.generate()


def _deleted(stage: Stage) -> None:
    stage.draw()
    assert stage.service.call("DELETE", stage.path).status_code == 204


def _bad_key(what: str, key: str) -> Row:
    return Row(what=what, asks=lambda stage: stage.generate(key=key), answer=_INVALID)


TOPIC = Topic(
    "Idempotency-Key",
    (
        Row(
            what="The key's image is finished",
            given=Stage.draw,
            answer=REPLAYED,
            paid=1,
            kept=READY,
            again=FINISHED,
        ),
        Row(
            what="The key's image is being drawn",
            given=_running,
            answer=RUNNING,
            paid=1,
            kept=READY,
            again=FINISHED,
        ),
        Row(
            what="The key was used for another body",
            given=Stage.draw,
            asks=lambda stage: stage.generate("A blue whale"),
            answer=_REUSED,
            paid=1,
            kept=READY,
            again=Again(_REUSED, paid=1),
        ),
        Row(
            what="Nobody knows whether the key's image was drawn",
            given=_outcome_unknown,
            answer=OUTCOME_UNKNOWN,
            paid=1,
            kept=failed("unknown"),
            again=NEVER_AGAIN,
        ),
        Row(
            what="Nobody knows whether it was drawn, and a new key is taken",
            given=_outcome_unknown,
            asks=lambda stage: stage.generate(key="another"),
            answer=MADE,
            paid=2,
            kept=Kept(rows=("ready yes", "unknown unknown"), objects=READY.objects),
            again=Again(REPLAYED, paid=2),
        ),
        Row(
            what="The key's image was deleted",
            given=_deleted,
            answer=_DELETED,
            paid=1,
            kept=_BARE,
            again=Again(_DELETED, paid=1, kept=_BARE),
        ),
        _bad_key("The key is longer than 255 characters", "k" * 256),
        _bad_key("The key has a space in it", "two words"),
        _bad_key("The key is empty", ""),
    ),
)
