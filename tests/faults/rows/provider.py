"""Faults of OpenAI."""

from collections.abc import Callable

from requests import Response

from tests.faults.rig import Rig
from tests.faults.row import (
    GENERATED_NOW,
    NEVER_PAID_AGAIN,
    NOTHING,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
    failed,
)
from tests.support.fake_openai import Fault

_REFUSED = ExpectedResponse(400, "prompt_rejected", "no")
_QUOTA = ExpectedResponse(503, "provider_quota", "no")
_WRONG_SETTING = ExpectedResponse(503, "provider_misconfigured", "no")
_UNREACHABLE = ExpectedResponse(503, "provider_unreachable", "no", {"Retry-After": "5"})
_LATE = ExpectedResponse(504, "provider_timeout", "unknown")
_FAILED = ExpectedResponse(502, "provider_error", "unknown")
_BAD = ExpectedResponse(502, "provider_bad_response", "yes")
_BAD_AGAIN = ExpectedResponse(502, "provider_bad_response", "yes", {"Idempotency-Replayed": "true"})
_EVIDENCE = StoredState(records=("failed yes",), objects=("evidence", "sidecar"))
_SHORT = {"openai_timeout_seconds": 1}
_MAX_SECONDS = 25  # for a busy machine


def _unpaid(name: str, fault: Fault, response: ExpectedResponse) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", fault),
        response=response,
        stored=failed(),
        repeat=GENERATED_NOW,
        check=_requested_once,
    )


def _paid_perhaps(name: str, fault: Fault, response: ExpectedResponse, **settings: float) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", fault),
        response=response,
        paid=int(fault.paid),
        stored=failed("unknown"),
        repeat=Repeat(OUTCOME_UNKNOWN, paid=int(fault.paid), stored=failed("unknown")),
        settings=settings,
        check=_given_up_in_time,
    )


def _bad(name: str, fault: Fault) -> Row:
    return _bad_given(name, lambda rig: rig.fake.script("images", fault))


def _bad_given(name: str, cause: Callable[[Rig], object]) -> Row:
    return Row(
        name=name,
        cause=cause,
        response=_BAD,
        paid=1,
        stored=_EVIDENCE,
        repeat=Repeat(_BAD_AGAIN, paid=1, stored=_EVIDENCE),
        check=_requested_once,
    )


def _without_moderation(name: str, fault: Fault, response: ExpectedResponse) -> Row:
    return Row(
        name=f"Moderation {name}",
        cause=lambda rig: rig.fake.script("moderations", fault),
        response=response,
        repeat=GENERATED_NOW,
    )


def _without_writer(name: str, fault: Fault, response: ExpectedResponse) -> Row:
    return Row(
        name=f"The text model {name}, when the prompt is to be enhanced",
        cause=lambda rig: rig.fake.script("chat", fault),
        send=lambda rig: rig.generate(enhance=True),
        response=response,
        stored=failed(),
        repeat=GENERATED_NOW,
    )


def _requested_once(rig: Rig, _: object) -> None:
    assert len(rig.fake.requests_to("images")) == 1


def _given_up_in_time(rig: Rig, response: Response) -> None:
    _requested_once(rig, response)
    assert response.elapsed.total_seconds() < _MAX_SECONDS


def _stopped(rig: Rig) -> None:
    rig.fake.stop()
    rig.repair_by(rig.fake.start)


def _other_key(rig: Rig) -> None:
    rig.fake.api_key = "sk-test-a-new-key-0000000000"
    right = rig.parts.settings["openai_api_key"]
    rig.repair_by(lambda: setattr(rig.fake, "api_key", right))


def _image_address(rig: Rig) -> str:
    return f"{rig.fake.base_url}/files/0"


def _addressed(rig: Rig) -> None:
    rig.fake.script("images", Fault.image_url(_image_address(rig)))


def _redirected(rig: Rig) -> None:
    _addressed(rig)
    rig.fake.script("files", Fault.status(302, headers={"location": "/v1/files/0"}))


def _lost(rig: Rig) -> None:
    _addressed(rig)
    rig.fake.script("files", Fault.status(404))


def _silent(rig: Rig) -> None:
    rig.fake.script("images", Fault.until(rig.released))


TOPIC = Topic(
    "OpenAI",
    (
        Row(
            name="OpenAI can't be reached",
            cause=_stopped,
            response=_UNREACHABLE,
            stored=NOTHING,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="OpenAI can't be reached, and there is no moderation to notice it",
            cause=_stopped,
            settings={"openai_moderation_model": "off"},
            response=_UNREACHABLE,
            stored=failed(),
            repeat=GENERATED_NOW,
        ),
        Row(
            name="OpenAI does not respond in time",
            cause=_silent,
            settings=_SHORT,
            response=_LATE,
            paid=1,
            stored=failed("unknown"),
            repeat=NEVER_PAID_AGAIN,
            check=_given_up_in_time,
        ),
        _paid_perhaps(
            "OpenAI's response arrives too slowly",
            Fault.drip(chunk=1000, pause=0.1),
            _LATE,
            **_SHORT,
        ),
        _paid_perhaps(
            "OpenAI hangs up after receiving the request", Fault.drop_before_response(), _LATE
        ),
        _paid_perhaps("OpenAI's response is cut off", Fault.cut(5000), _LATE),
        _paid_perhaps("OpenAI fails with 500", Fault.status(500), _FAILED),
        _paid_perhaps("OpenAI is overloaded", Fault.status(503, "server_is_overloaded"), _FAILED),
        _unpaid(
            "OpenAI's rate limit, with Retry-After 7",
            Fault.rate_limited(7),
            ExpectedResponse(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
        ),
        _unpaid("The account has no credit", Fault.quota(), _QUOTA),
        _unpaid("The account is at its limit", Fault.billing_hard_limit(), _QUOTA),
        Row(
            name="OpenAI rejects the API key",
            cause=_other_key,
            response=_WRONG_SETTING,
            repeat=GENERATED_NOW,
        ),
        _unpaid("The organization is not verified", Fault.status(403, None), _WRONG_SETTING),
        _unpaid("The model is retired", Fault.model_retired(), _WRONG_SETTING),
        _unpaid("The model does not exist", Fault.model_retired(missing=True), _WRONG_SETTING),
        _unpaid("A parameter is rejected", Fault.status(400), _WRONG_SETTING),
        _unpaid("The image model blocks the prompt", Fault.moderation_blocked(), _REFUSED),
        _unpaid("An older model blocks the prompt", Fault.content_policy_violation(), _REFUSED),
        _unpaid("The prompt is rejected as invalid", Fault.invalid_prompt(), _REFUSED),
        _bad("The response has no image", Fault.no_data()),
        _bad("The response has null instead of a list", Fault.null_data()),
        _bad("The image is empty", Fault.empty_b64()),
        _bad("The image is not base64", Fault.bad_b64()),
        _bad("The response is truncated JSON", Fault.truncated_json()),
        _bad("The image is text", Fault.not_an_image()),
        _bad("The image is an SVG with a script", Fault.svg()),
        _bad("The image is truncated", Fault.truncated_image()),
        _bad("The image would unpack to a gigabyte", Fault.bomb()),
        Row(
            name="A compatible server returns its own address of the image",
            cause=_addressed,
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=Repeat(REPLAYED, paid=1, stored=READY),
            check=_requested_once,
        ),
        _bad("The address is on another server", Fault.image_url("http://169.254.169.254/x.png")),
        _bad_given("The address redirects", _redirected),
        _bad_given("There is no image at the address", _lost),
        _without_moderation(
            "fails with 500", Fault.status(500), ExpectedResponse(502, "provider_error", "no")
        ),
        _without_moderation(
            "hangs up",
            Fault.drop_before_response(paid=False),
            ExpectedResponse(504, "provider_timeout", "no"),
        ),
        _without_moderation(
            "returns a web page",
            Fault.html(paid=False),
            ExpectedResponse(502, "provider_bad_response", "no"),
        ),
        _without_moderation("has no credit", Fault.quota(), _QUOTA),
        _without_writer(
            "returns prose", Fault.prose(), ExpectedResponse(502, "provider_bad_response", "no")
        ),
        _without_writer("refuses", Fault.refusal(), _REFUSED),
    ),
)
