"""Faults of calls of the tool generate_image by an agent, without a key of their own."""

import json
from collections.abc import Iterator

from requests import Response

from app.errors import AppError
from tests.faults.points import PUTTING_ORIGINAL
from tests.faults.rig import PROMPT, Rig
from tests.faults.row import (
    GENERATED_NOW,
    NEVER_PAID_AGAIN,
    READY,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
    failed,
)
from tests.support.fake_openai import Fault

_REPEATED = ExpectedResponse(charged="no", headers={"Idempotency-Replayed": "true"})
_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "generate_image", "arguments": {"prompt": PROMPT}},
}


def _errors(kind: type[AppError]) -> Iterator[type[AppError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _errors(below)


def _call(rig: Rig) -> Response:
    """Call the tool, and convert its result to the response of the REST API."""
    response = rig.service.call("POST", "/mcp", json=_CALL)
    result = response.json()["result"]
    body = json.loads(result["content"][0]["text"])
    statuses = {kind.code: kind.status for kind in _errors(AppError)}
    response.status_code = statuses[body["code"]] if result["isError"] else 200
    if seconds := body.pop("retry_after", None):
        response.headers["Retry-After"] = str(seconds)
    if body.pop("repeated", False):
        response.headers["Idempotency-Replayed"] = "true"
    body["status"] = "error" if result["isError"] else "success"
    response._content = json.dumps(body).encode()  # as tests.support.http.clients does
    return response


TOPIC = Topic(
    "Agents",
    (
        Row(
            name="An agent calls generate_image twice",
            send=_call,
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=Repeat(_REPEATED, paid=1, stored=READY),
        ),
        Row(
            name="OpenAI's rate limit, and an agent calls generate_image",
            cause=lambda rig: rig.fake.script("images", Fault.rate_limited(7)),
            send=_call,
            response=ExpectedResponse(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
            stored=failed(),
            repeat=GENERATED_NOW,
        ),
        Row(
            name="OpenAI hangs up after receiving the request of an agent",
            cause=lambda rig: rig.fake.script("images", Fault.drop_before_response()),
            send=_call,
            response=ExpectedResponse(504, "provider_timeout", "unknown"),
            paid=1,
            stored=failed("unknown"),
            repeat=NEVER_PAID_AGAIN,
        ),
        Row(
            name="S3 refuses connections after paying for the image of an agent",
            cause=lambda rig: rig.break_at(PUTTING_ORIGINAL),
            send=_call,
            response=ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"}),
            paid=1,
            stored=StoredState(records=("pending yes",), spool=("original", "sidecar")),
            repeat=Repeat(_REPEATED, paid=1, stored=READY),
        ),
    ),
)
