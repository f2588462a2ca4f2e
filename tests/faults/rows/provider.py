"""What goes wrong at OpenAI."""

from collections.abc import Callable

from requests import Response

from tests.faults.row import (
    DRAWN_NOW,
    MADE,
    NEVER_AGAIN,
    NOTHING,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    Again,
    Answer,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import Stage
from tests.support.fake_openai import Fault

_REFUSED = Answer(400, "prompt_rejected", "no")
_QUOTA = Answer(503, "provider_quota", "no")
_WRONG_SETTING = Answer(503, "provider_misconfigured", "no")
_UNREACHABLE = Answer(503, "provider_unreachable", "no", {"Retry-After": "5"})
_LATE = Answer(504, "provider_timeout", "unknown")
_FAILED = Answer(502, "provider_error", "unknown")
_BAD = Answer(502, "provider_bad_response", "yes")
_BAD_AGAIN = Answer(502, "provider_bad_response", "yes", {"Idempotency-Replayed": "true"})
_EVIDENCE = Kept(rows=("failed yes",), objects=("evidence", "note"))
_SHORT = {"openai_timeout_seconds": 1}
_LONG = 8  # seconds, for a busy machine


def _unpaid(what: str, fault: Fault, answer: Answer) -> Row:
    return Row(
        what=what,
        given=lambda stage: stage.fake.script("images", fault),
        answer=answer,
        kept=failed(),
        again=DRAWN_NOW,
        also=_asked_once,
    )


def _paid_perhaps(what: str, fault: Fault, answer: Answer, **settings: float) -> Row:
    return Row(
        what=what,
        given=lambda stage: stage.fake.script("images", fault),
        answer=answer,
        paid=int(fault.paid),
        kept=failed("unknown"),
        again=Again(OUTCOME_UNKNOWN, paid=int(fault.paid), kept=failed("unknown")),
        settings=settings,
        also=_given_up_in_time,
    )


def _bad(what: str, fault: Fault) -> Row:
    return _bad_given(what, lambda stage: stage.fake.script("images", fault))


def _bad_given(what: str, given: Callable[[Stage], object]) -> Row:
    return Row(
        what=what,
        given=given,
        answer=_BAD,
        paid=1,
        kept=_EVIDENCE,
        again=Again(_BAD_AGAIN, paid=1, kept=_EVIDENCE),
        also=_asked_once,
    )


def _without_moderation(what: str, fault: Fault, answer: Answer) -> Row:
    return Row(
        what=f"Moderation {what}",
        given=lambda stage: stage.fake.script("moderations", fault),
        answer=answer,
        again=DRAWN_NOW,
    )


def _without_writer(what: str, fault: Fault, answer: Answer) -> Row:
    return Row(
        what=f"The text model {what}, when the prompt shall be enhanced",
        given=lambda stage: stage.fake.script("chat", fault),
        asks=lambda stage: stage.generate(enhance=True),
        answer=answer,
        kept=failed(),
        again=DRAWN_NOW,
    )


def _asked_once(stage: Stage, _: object) -> None:
    assert len(stage.fake.asked("images")) == 1


def _given_up_in_time(stage: Stage, answer: Response) -> None:
    _asked_once(stage, answer)
    assert answer.elapsed.total_seconds() < _LONG


def _stopped(stage: Stage) -> None:
    stage.fake.stop()
    stage.repair_by(stage.fake.start)


def _other_key(stage: Stage) -> None:
    stage.fake.api_key = "sk-test-a-new-key-0000000000"
    right = stage.parts.settings["openai_api_key"]
    stage.repair_by(lambda: setattr(stage.fake, "api_key", right))


def _address(stage: Stage) -> str:
    return f"{stage.fake.base_url}/files/0"


def _addressed(stage: Stage) -> None:
    stage.fake.script("images", Fault.address(_address(stage)))


def _redirected(stage: Stage) -> None:
    _addressed(stage)
    stage.fake.script("files", Fault.status(302, headers={"location": "/v1/files/0"}))


def _lost(stage: Stage) -> None:
    _addressed(stage)
    stage.fake.script("files", Fault.status(404))


def _silent(stage: Stage) -> None:
    stage.fake.script("images", Fault.until(stage.released))


TOPIC = Topic(
    "OpenAI",
    (
        Row(
            what="OpenAI can't be reached",
            given=_stopped,
            answer=_UNREACHABLE,
            kept=NOTHING,
            again=DRAWN_NOW,
        ),
        Row(
            what="OpenAI can't be reached, and there is no moderation to notice it",
            given=_stopped,
            settings={"openai_moderation_model": "off"},
            answer=_UNREACHABLE,
            kept=failed(),
            again=DRAWN_NOW,
        ),
        Row(
            what="OpenAI does not answer in time",
            given=_silent,
            settings=_SHORT,
            answer=_LATE,
            paid=1,
            kept=failed("unknown"),
            again=NEVER_AGAIN,
            also=_given_up_in_time,
        ),
        _paid_perhaps(
            "OpenAI's answer only drips",
            Fault.drip(chunk=1000, pause=0.1),
            _LATE,
            **_SHORT,
        ),
        _paid_perhaps(
            "OpenAI hangs up once it has the request", Fault.drop_before_response(), _LATE
        ),
        _paid_perhaps("OpenAI's answer breaks off", Fault.cut(5000), _LATE),
        _paid_perhaps("OpenAI fails with 500", Fault.status(500), _FAILED),
        _paid_perhaps("OpenAI is overloaded", Fault.status(503, "server_is_overloaded"), _FAILED),
        _unpaid(
            "OpenAI asks to slow down for 7 seconds",
            Fault.rate_limited(7),
            Answer(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
        ),
        _unpaid("The account is out of money", Fault.quota(), _QUOTA),
        _unpaid("The account is at its limit", Fault.billing_hard_limit(), _QUOTA),
        Row(
            what="OpenAI does not know our key",
            given=_other_key,
            answer=_WRONG_SETTING,
            again=DRAWN_NOW,
        ),
        _unpaid("The organisation is not verified", Fault.status(403, None), _WRONG_SETTING),
        _unpaid("The model is retired", Fault.model_retired(), _WRONG_SETTING),
        _unpaid("The model does not exist", Fault.model_retired(missing=True), _WRONG_SETTING),
        _unpaid("A parameter is refused", Fault.transparent_refused(), _WRONG_SETTING),
        _unpaid("The image model blocks the prompt", Fault.moderation_blocked(), _REFUSED),
        _unpaid("An older model blocks it", Fault.content_policy_violation(), _REFUSED),
        _unpaid("The prompt counts as invalid", Fault.invalid_prompt(), _REFUSED),
        _bad("OpenAI answers with a web page", Fault.html()),
        _bad("The answer holds no image", Fault.no_data()),
        _bad("The answer has null for a list", Fault.null_data()),
        _bad("The image is empty", Fault.empty_b64()),
        _bad("The image is not base64", Fault.bad_b64()),
        _bad("The answer is half a document", Fault.truncated_json()),
        _bad("The image is a text", Fault.not_an_image()),
        _bad("The image is an SVG with a script", Fault.svg()),
        _bad("The image breaks off", Fault.truncated_image()),
        _bad("The image would unpack to a gigabyte", Fault.bomb()),
        Row(
            what="A compatible server answers with an address of its own instead of the image",
            given=_addressed,
            answer=MADE,
            paid=1,
            kept=READY,
            again=Again(REPLAYED, paid=1, kept=READY),
            also=_asked_once,
        ),
        _bad("The address is on another server", Fault.address("http://169.254.169.254/x.png")),
        _bad_given("The address redirects", _redirected),
        _bad_given("There is no image at the address", _lost),
        _without_moderation(
            "fails with 500", Fault.status(500), Answer(502, "provider_error", "no")
        ),
        _without_moderation(
            "hangs up",
            Fault.drop_before_response(paid=False),
            Answer(504, "provider_timeout", "no"),
        ),
        _without_moderation(
            "answers with a web page",
            Fault.html(paid=False),
            Answer(502, "provider_bad_response", "no"),
        ),
        _without_moderation("is out of money", Fault.quota(), _QUOTA),
        _without_writer("chats", Fault.prose(), Answer(502, "provider_bad_response", "no")),
        _without_writer("refuses", Fault.refusal(), _REFUSED),
    ),
)
