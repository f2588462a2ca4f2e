"""Faults of parts and of the provider in an edit of an image that was generated before."""

from collections.abc import Callable

from requests import Response

from tests.faults.rig import Rig
from tests.faults.row import (
    OUTAGES,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
)
from tests.faults.rows.edits.crashes import BOTH
from tests.support.fake_openai import Behavior, Fault, sample_images

_NO_STORAGE = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_DAMAGED = ExpectedResponse(503, "storage_unavailable", "no", {"Retry-After": "5"})
_WAITS = ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"})
_NO_RECORDS = ExpectedResponse(503, "records_unavailable", None, {"Retry-After": "5"})
_FAILED = StoredState(records=("failed no", "ready yes"), objects=READY.objects)
_UNKNOWN = StoredState(records=("ready yes", "unknown unknown"), objects=READY.objects)
_SPOOLED = StoredState(
    records=("pending yes", "ready yes"), objects=READY.objects, spool=("original", "sidecar")
)
_DRAWN_NOW = Repeat(SUCCESS, paid=2, stored=BOTH)
_NEVER_AGAIN = Repeat(OUTCOME_UNKNOWN, paid=2, stored=_UNKNOWN)


def _edit(rig: Rig) -> Response:
    return rig.service.call(
        "POST",
        f"{rig.path}/edits",
        json={"prompt": "Make the scarf blue"},
        headers={"Idempotency-Key": "an-edit"},
    )


def _generated_then(fault: Callable[[Rig], object]) -> Callable[[Rig], object]:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        fault(rig)

    return cause


def _row(
    name: str,
    fault: Callable[[Rig], object],
    response: ExpectedResponse,
    *,
    paid: int = 1,
    stored: StoredState,
    repeat: Repeat,
) -> Row:
    return Row(
        name=name,
        cause=_generated_then(fault),
        send=_edit,
        response=response,
        paid=paid,
        stored=stored,
        repeat=repeat,
    )


def _provider(
    name: str,
    behavior: Behavior,
    response: ExpectedResponse,
    *,
    paid: int = 1,
    stored: StoredState = _FAILED,
    repeat: Repeat = _DRAWN_NOW,
) -> Row:
    def fault(rig: Rig) -> None:
        rig.fake.script("edits", behavior)

    return _row(f"An edit: {name}", fault, response, paid=paid, stored=stored, repeat=repeat)


def _meanwhile(action: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """Do this during the paid call."""
    return lambda rig: rig.fake.script("edits", Fault.meanwhile(lambda: action(rig)))


def _change_original(rig: Rig) -> None:
    key = f"originals/{rig.path.rpartition('/')[2]}"
    kept = rig.service.ports.store.get(key).data
    other = sample_images.draw(1024, 1024, 7)
    rig.service.ports.store.put(key, other, content_type="image/png")
    rig.repair_by(lambda: rig.service.ports.store.put(key, kept, content_type="image/png"))


TOPIC = Topic(
    "Edits",
    (
        *(
            _row(
                f"S3 {OUTAGES[how]}, and an image is edited",
                lambda rig, how=how: getattr(rig.parts.s3, how)(),  # type: ignore[misc]  # reason: binds the loop's value
                _NO_STORAGE,
                stored=_FAILED,
                repeat=_DRAWN_NOW,
            )
            for how in ("refuse", "reset")
        ),
        _row(
            "MongoDB refuses connections, and an image is edited",
            lambda rig: rig.parts.mongo.refuse(),
            _NO_RECORDS,
            stored=READY,
            repeat=_DRAWN_NOW,
        ),
        _row(
            "The store has other bytes than those of the edited original",
            _change_original,
            _DAMAGED,
            stored=_FAILED,
            repeat=_DRAWN_NOW,
        ),
        _row(
            "S3 fails after an edit was paid",
            _meanwhile(lambda rig: rig.parts.s3.refuse()),
            _WAITS,
            paid=2,
            stored=_SPOOLED,
            repeat=Repeat(REPLAYED, paid=2, stored=BOTH),
        ),
        _row(
            "MongoDB fails after an edit was paid",
            _meanwhile(lambda rig: rig.parts.mongo.refuse()),
            SUCCESS,
            paid=2,
            stored=StoredState(records=("pending unknown", "ready yes"), objects=BOTH.objects),
            repeat=Repeat(
                ExpectedResponse(409, "generation_in_progress", "unknown", {"Retry-After": "5"}),
                paid=2,
            ),
        ),
        _provider(
            "the server does not know the call",
            Fault.json_response({"detail": "Not Found"}, status=404),
            ExpectedResponse(501, "edits_unsupported", "no"),
        ),
        _provider(
            "the model rejects the image",
            Fault.moderation_blocked(),
            ExpectedResponse(400, "prompt_rejected", "no"),
        ),
        _provider(
            "the model reports a rate limit",
            Fault.rate_limited(7),
            ExpectedResponse(503, "provider_rate_limited", "no", {"Retry-After": "7"}),
        ),
        _provider(
            "the model fails, but bills it (500)",
            Fault.status(500, paid=True),
            ExpectedResponse(502, "provider_error", "unknown"),
            paid=2,
            stored=_UNKNOWN,
            repeat=_NEVER_AGAIN,
        ),
        _provider(
            "the connection breaks without a response",
            Fault.drop_before_response(),
            ExpectedResponse(504, "provider_timeout", "unknown"),
            paid=2,
            stored=_UNKNOWN,
            repeat=_NEVER_AGAIN,
        ),
    ),
)
