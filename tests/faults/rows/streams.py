"""Faults during a streamed response."""

from requests import Response

from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    NEVER_PAID_AGAIN,
    READY,
    REPLAYED,
    SUCCESS,
    Again,
    ExpectedResponse,
    Kept,
    Row,
    Topic,
    failed,
)
from tests.faults.stage import KEY, PROMPT, Stage
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import Fault
from tests.support.http.clients import streaming, to_plain_response

_KEYED = {"Idempotency-Key": KEY}
_BAD = (502, "provider_bad_response", "yes")
_BROKEN = b'event: image_generation.completed\ndata: {"b64_json": "%%"}\n\n'
_EVIDENCE = Kept(rows=("failed yes",), objects=("evidence", "note"))


def _stream(stage: Stage) -> Response:
    with streaming(stage.service.url, _KEYED, prompt=PROMPT, partial_images=1) as stream:
        return to_plain_response(stream)


def _disconnect(stage: Stage) -> None:
    """Read the stream until the first preview, and disconnect."""
    stage.fake.script("images", Fault.last_event_at(stage.released))
    with streaming(stage.service.url, _KEYED, prompt=PROMPT, partial_images=1) as stream:
        stream.until("partial")
    stage.released.set()
    wait_until(stage.service.images)


def _unknown(what: str, fault: Fault, response: ExpectedResponse) -> Row:
    return Row(
        what=what,
        given=lambda stage: stage.fake.script("images", fault),
        asks=_stream,
        response=response,
        paid=1,
        kept=failed("unknown"),
        again=NEVER_PAID_AGAIN,
    )


def _asked_twice(stage: Stage, _: object) -> None:
    first, second = stage.fake.requests_to("images")
    assert "stream" in first.body
    assert "stream" not in second.body


TOPIC = Topic(
    "Streamed responses",
    (
        Row(
            what="The client disconnects, and sends the request again",
            given=_disconnect,
            response=REPLAYED,
            paid=1,
            kept=READY,
            again=Again(REPLAYED, paid=1, kept=READY),
        ),
        Row(
            what="The model's server can't stream",
            given=lambda stage: stage.fake.script("images", Fault.stream_refused()),
            asks=_stream,
            response=SUCCESS,
            paid=1,
            kept=READY,
            again=FINISHED,
            also=_asked_twice,
        ),
        Row(
            what="The model refuses the prompt while generating",
            given=lambda stage: stage.fake.script("images", Fault.stream_error(paid=False)),
            asks=_stream,
            response=ExpectedResponse(400, "prompt_rejected", "no"),
            kept=failed(),
            again=GENERATED_NOW,
        ),
        _unknown(
            "The model's stream ends without the image",
            Fault.stream_unfinished(),
            ExpectedResponse(502, "provider_error", "unknown"),
        ),
        _unknown(
            "The model's stream is cut off",
            Fault.cut(5000),
            ExpectedResponse(504, "provider_timeout", "unknown"),
        ),
        Row(
            what="The image at the end of the stream is not base64",
            given=lambda stage: stage.fake.script("images", Fault.stream_ends_with(_BROKEN)),
            asks=_stream,
            response=ExpectedResponse(*_BAD),
            paid=1,
            kept=_EVIDENCE,
            again=Again(
                ExpectedResponse(*_BAD, {"Idempotency-Replayed": "true"}), paid=1, kept=_EVIDENCE
            ),
        ),
    ),
)
