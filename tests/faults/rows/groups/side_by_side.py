"""Faults of a group of two candidates, which are drawn side by side."""

from collections.abc import Callable

from requests import Response

from tests.faults.points import PUTTING_ORIGINAL
from tests.faults.rig import Rig, generate
from tests.faults.row import (
    OUTCOME_UNKNOWN,
    READY,
    UNTIL_IT_RESETS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)
from tests.support.fake_openai import Behavior, Fault

_SOME = ExpectedResponse()
_AGAIN = ExpectedResponse(headers={"Idempotency-Replayed": "true"})
_OVER = ExpectedResponse(429, "budget_exceeded", "no", {"Retry-After": UNTIL_IT_RESETS})
_REUSED = ExpectedResponse(422, "idempotency_key_reused", "no")
_BOTH = StoredState(records=("ready yes",) * 2, objects=tuple(sorted(READY.objects * 2)))


def _two(rig: Rig) -> Response:
    return rig.generate(n=2)


def _shows(images: int, *codes: str) -> Callable[[Rig, Response], None]:
    """Check how many images the response has, and the codes of its failures."""

    def check(_: Rig, response: Response) -> None:
        body = response.json()
        found = [failure["code"] for failure in body["failures"]]
        assert (len(body.get("images", ())), found) == (images, list(codes))

    return check


def _one_fails(
    name: str,
    fault: Behavior,
    code: str,
    *,
    paid: int,
    record: str,
    objects: tuple[str, ...] = (),
    repeat: Repeat,
) -> Row:
    stored = StoredState(
        records=tuple(sorted(("ready yes", record))),
        objects=tuple(sorted((*READY.objects, *objects))),
    )
    return Row(
        name=f"Of two candidates, one: {name}",
        cause=lambda rig: rig.fake.script("images", fault),
        send=_two,
        response=_SOME,
        paid=paid,
        stored=stored,
        check=_shows(1, code),
        repeat=repeat if repeat.stored else Repeat(repeat.response, repeat.paid, stored),
    )


def _both_fail(name: str, fault: Behavior, response: ExpectedResponse, row: Repeat) -> Row:
    return Row(
        name=f"Both candidates: {name}",
        cause=lambda rig: rig.fake.script("images", fault, fault),
        send=_two,
        response=response,
        paid=row.paid if row.response is OUTCOME_UNKNOWN else 0,
        stored=StoredState(
            records=(f"unknown {response.charged}",) * 2
            if response.charged == "unknown"
            else (f"failed {response.charged}",) * 2
        ),
        check=_shows(0, response.code, response.code),
        repeat=row,
    )


TOPIC = Topic(
    "Several candidates",
    (
        _one_fails(
            "OpenAI's rate limit",
            Fault.rate_limited(),
            "provider_rate_limited",
            paid=1,
            record="failed no",
            repeat=Repeat(_SOME, paid=2, stored=_BOTH),
        ),
        _one_fails(
            "the connection is cut after the request was sent",
            Fault.drop_before_response(),
            "provider_timeout",
            paid=2,
            record="unknown unknown",
            repeat=Repeat(_AGAIN, paid=2),
        ),
        _both_fail(
            "OpenAI's rate limit",
            Fault.rate_limited(),
            ExpectedResponse(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
            Repeat(_SOME, paid=2, stored=_BOTH),
        ),
        _both_fail(
            "the connections are cut after the requests were sent",
            Fault.drop_before_response(),
            ExpectedResponse(504, "provider_timeout", "unknown"),
            Repeat(OUTCOME_UNKNOWN, paid=2),
        ),
        Row(
            name="The budget has room for one of two candidates",
            settings={"server_budget": "0.05/day"},
            send=_two,
            response=_OVER,
            repeat=Repeat(_OVER, paid=0),
        ),
        Row(
            name="S3 fails before both originals are stored",
            cause=lambda rig: rig.break_at(PUTTING_ORIGINAL),
            send=_two,
            response=ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"}),
            paid=2,
            stored=StoredState(
                records=("pending yes",) * 2, spool=("original", "original", "sidecar", "sidecar")
            ),
            repeat=Repeat(_AGAIN, paid=2, stored=_BOTH),
        ),
        Row(
            name="The key of two candidates is used for one image",
            cause=lambda rig: rig.generate(n=2),
            send=generate,
            response=_REUSED,
            paid=2,
            stored=_BOTH,
            repeat=Repeat(_REUSED, paid=2),
        ),
        Row(
            name="The key of one image is used for two candidates",
            cause=lambda rig: rig.generate(),
            send=_two,
            response=_REUSED,
            paid=1,
            stored=READY,
            repeat=Repeat(_REUSED, paid=1),
        ),
    ),
)
