"""The rows of the fault matrix: faults, expected responses and stored state."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.faults.points import Point
from tests.faults.rig import Rig, generate
from tests.support.images.sample_images import encoded, owl

OUTAGES = {
    "refuse": "refuses connections",
    "black_hole": "accepts requests and never responds",
    "reset": "resets connections",
}
"""How a part can fail, by the name of the proxy's method."""

UPLOADED = encoded(owl(300, 300))
"""The file of uploads."""

UNTIL_IT_RESETS = "until the budget resets"
"""Replaces the Retry-After of a budget, which depends on the time of day."""


@dataclass(frozen=True)
class ExpectedResponse:
    """The expected status, error code, `charged` and headers."""

    status: int = 200
    code: str = ""
    charged: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredState:
    """What exists afterwards: records as "state charged", and the kinds of objects."""

    records: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    spool: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """The response to the same request with the same key once all is well, and the total paid."""

    response: ExpectedResponse
    paid: int
    stored: StoredState | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault of a request.

    Attributes:
        name: the fault, for readers.
        cause: causes the fault.
        send: sends the request; called again for `repeat`.
        settings: settings of the service that differ from the usual ones.
        log: texts that the log contains, beside the request's id.
        check: checks a promise that only this row makes.
        during_lease: the response to the same key while the first request's lease runs.
    """

    name: str
    cause: Callable[[Rig], object] = lambda _: None
    send: Callable[[Rig], requests.Response] = generate
    response: ExpectedResponse
    paid: int = 0
    stored: StoredState = StoredState()
    during_lease: ExpectedResponse | None = None
    repeat: Repeat | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    check: Callable[[Rig, requests.Response], object] = lambda _, __: None


@dataclass(frozen=True, kw_only=True)
class Crash:
    """A worker killed at a certain point, whose client loses the connection.

    Attributes:
        name: when it is killed, for readers.
        at: the point where it is held and then killed.
        embedded: the parts that embedded ones replace: `s3`, `mongo`.
        is_edit: whether an image is edited that was generated before.
        n: the number of candidates, which are drawn one after the other.
        with_new_key: the total paid after the same request with a new key.
    """

    name: str
    at: Point
    paid: int
    stored: StoredState
    during_lease: ExpectedResponse
    repeat: Repeat
    is_edit: bool = False
    n: int = 1
    embedded: tuple[str, ...] = ()
    with_new_key: int | None = None


@dataclass(frozen=True)
class Topic:
    """The rows of one part of the service."""

    title: str
    rows: tuple[Row, ...]


def slug(name: str) -> str:
    """Return the id of a row's test."""
    return re.sub(r"\W+", "-", name.lower()).strip("-")


SUCCESS = ExpectedResponse(charged="yes")
REPLAYED = ExpectedResponse(charged="yes", headers={"Idempotency-Replayed": "true"})
RUNNING = ExpectedResponse(409, "generation_in_progress", "unknown", {"Retry-After": "5"})
OUTCOME_UNKNOWN = ExpectedResponse(409, "outcome_unknown", "unknown")

NOTHING = StoredState()
READY = StoredState(records=("ready yes",), objects=("image", "original", "sidecar"))


def failed(charged: str = "no") -> StoredState:
    """Expect a single failed record and no objects."""
    return StoredState(records=(f"{'unknown' if charged == 'unknown' else 'failed'} {charged}",))


GENERATED_NOW = Repeat(SUCCESS, paid=1, stored=READY)
"""Nothing was paid for the first time, so the same key generates the image now."""

FINISHED = Repeat(REPLAYED, paid=1, stored=READY)
"""The paid original is used, and nothing is paid again."""

NEVER_PAID_AGAIN = Repeat(OUTCOME_UNKNOWN, paid=1, stored=failed("unknown"))
"""It may have been paid for, so this key never pays again."""
