"""Faults during a streamed response."""

from requests import Response

from tests.faults.points import KEY
from tests.faults.rig import PROMPT, Rig
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    NEVER_PAID_AGAIN,
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
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import Fault
from tests.support.http.clients import streaming, to_plain_response

_KEYED = {"Idempotency-Key": KEY}
_BAD = (502, "provider_bad_response", "yes")
_BROKEN = b'event: image_generation.completed\ndata: {"b64_json": "%%"}\n\n'
_EVIDENCE = StoredState(records=("failed yes",), objects=("evidence", "sidecar"))


def _stream(rig: Rig) -> Response:
    with streaming(rig.service.url, _KEYED, prompt=PROMPT, partial_images=1) as stream:
        return to_plain_response(stream)


def _disconnect(rig: Rig) -> None:
    """Read the stream until the first preview, and disconnect."""
    rig.fake.script("images", Fault.last_event_at(rig.released))
    with streaming(rig.service.url, _KEYED, prompt=PROMPT, partial_images=1) as stream:
        stream.until("partial")
    rig.released.set()
    wait_until(rig.service.images)


def _unknown(name: str, fault: Fault, response: ExpectedResponse) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", fault),
        send=_stream,
        response=response,
        paid=1,
        stored=failed("unknown"),
        repeat=NEVER_PAID_AGAIN,
    )


def _second_request_is_not_streamed(rig: Rig, _: object) -> None:
    first, second = rig.fake.requests_to("images")
    assert "stream" in first.body
    assert "stream" not in second.body


TOPIC = Topic(
    "Streamed responses",
    (
        Row(
            name="The client disconnects, and sends the request again",
            cause=_disconnect,
            response=REPLAYED,
            paid=1,
            stored=READY,
            repeat=Repeat(REPLAYED, paid=1, stored=READY),
        ),
        Row(
            name="The model's server can't stream",
            cause=lambda rig: rig.fake.script("images", Fault.stream_refused()),
            send=_stream,
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=FINISHED,
            check=_second_request_is_not_streamed,
        ),
        Row(
            name="The model refuses the prompt while generating",
            cause=lambda rig: rig.fake.script("images", Fault.stream_error(paid=False)),
            send=_stream,
            response=ExpectedResponse(400, "prompt_rejected", "no"),
            stored=failed(),
            repeat=GENERATED_NOW,
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
            name="The image at the end of the stream is not base64",
            cause=lambda rig: rig.fake.script("images", Fault.stream_ends_with(_BROKEN)),
            send=_stream,
            response=ExpectedResponse(*_BAD),
            paid=1,
            stored=_EVIDENCE,
            repeat=Repeat(
                ExpectedResponse(*_BAD, {"Idempotency-Replayed": "true"}), paid=1, stored=_EVIDENCE
            ),
        ),
    ),
)
