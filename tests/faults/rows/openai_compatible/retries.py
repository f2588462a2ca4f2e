"""Retries under /v1, without an Idempotency-Key: the header `x-stainless-retry-count` counts them.

All attempts of these rows are counted as retries, so the first one finds no earlier attempt, and
the others join it.
"""

import requests

from tests.faults.rig import PROMPT, Rig
from tests.faults.row import (
    READY,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
    failed,
)
from tests.support.fake_openai import Fault
from tests.support.images.sample_images import encoded, owl

_FILE = encoded(owl(300, 300))
_RETRY = {"x-stainless-retry-count": "1"}
_SUCCESS = ExpectedResponse()
_JOINED = ExpectedResponse(headers={"Idempotency-Replayed": "true"})
_UNKNOWN = ExpectedResponse(409, "outcome_unknown", "unknown")
_EDITED = StoredState(
    records=("ready no", "ready yes"),
    objects=("image", "image", "original", "original", "sidecar", "sidecar"),
)


def _generate(rig: Rig) -> requests.Response:
    return rig.service.call(
        "POST", "/v1/images/generations", json={"prompt": PROMPT}, headers=_RETRY
    )


def _edit(rig: Rig) -> requests.Response:
    return rig.service.call(
        "POST",
        "/v1/images/edits",
        data={"prompt": PROMPT},
        files={"image": ("owl.png", _FILE, "image/png")},
        headers=_RETRY,
    )


TOPIC = Topic(
    "OpenAI's API under /v1",
    (
        Row(
            name="The response of an edit is lost, and the client sends the file again",
            cause=_edit,
            send=_edit,
            response=_JOINED,
            paid=1,
            stored=_EDITED,
            repeat=Repeat(_JOINED, paid=1, stored=_EDITED),
        ),
        Row(
            name="The response of a generation is lost, and the client sends it again",
            cause=_generate,
            send=_generate,
            response=_JOINED,
            paid=1,
            stored=READY,
            repeat=Repeat(_JOINED, paid=1, stored=READY),
        ),
        Row(
            name="The connection to OpenAI is cut after the request, under /v1",
            cause=lambda rig: rig.fake.script("images", Fault.drop_before_response()),
            send=_generate,
            response=ExpectedResponse(504, "provider_timeout", "unknown"),
            paid=1,
            stored=failed("unknown"),
            repeat=Repeat(_UNKNOWN, paid=1, stored=failed("unknown")),
        ),
        Row(
            name="MongoDB is down before paying, under /v1",
            cause=lambda rig: rig.parts.mongo.refuse(),
            send=_generate,
            response=ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"}),
            repeat=Repeat(_SUCCESS, paid=1, stored=READY),
        ),
        Row(
            name="OpenAI's rate limit is reached, under /v1",
            cause=lambda rig: rig.fake.script("images", Fault.rate_limited(7)),
            send=_generate,
            response=ExpectedResponse(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
            stored=failed(),
            repeat=Repeat(_SUCCESS, paid=1, stored=READY),
        ),
        Row(
            name="The image model rejects the prompt, under /v1",
            cause=lambda rig: rig.fake.script("images", Fault.moderation_blocked()),
            send=_generate,
            response=ExpectedResponse(400, "moderation_blocked", "no"),
            stored=failed(),
            repeat=Repeat(_SUCCESS, paid=1, stored=READY),
        ),
    ),
)
