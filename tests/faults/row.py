"""The rows of the fault matrix: faults, expected responses and stored state."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.faults.points import Point
from tests.faults.stage import Stage, generate

OUTAGES = {
    "refuse": "refuses connections",
    "black_hole": "accepts requests and never responds",
    "reset": "resets connections",
}
"""How a part can fail, by the name of the proxy's method."""

UNTIL_IT_RESETS = "until the budget resets"
"""Stands for the Retry-After of a budget, which depends on the time of day."""


@dataclass(frozen=True)
class ExpectedResponse:
    """The expected status, error code, `charged` and headers."""

    status: int = 200
    code: str = ""
    charged: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What exists afterwards: records as "state charged", and the kinds of objects."""

    rows: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    spool: tuple[str, ...] = ()


@dataclass(frozen=True)
class Again:
    """The response to the same request with the same key once all is well, and the total paid."""

    response: ExpectedResponse
    paid: int
    kept: Kept | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault of a request.

    Attributes:
        what: the fault, for readers.
        given: causes the fault.
        asks: sends the request; called again later.
        settings: settings of the service that differ from the usual ones.
        log: what the log has to contain, beside the request's id.
        also: checks what only this row promises.
        meanwhile: the response to the same key while the first request's lease runs.
    """

    what: str
    given: Callable[[Stage], object] = lambda _: None
    asks: Callable[[Stage], requests.Response] = generate
    response: ExpectedResponse
    paid: int = 0
    kept: Kept = Kept()
    meanwhile: ExpectedResponse | None = None
    again: Again | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    also: Callable[[Stage, requests.Response], object] = lambda _, __: None


@dataclass(frozen=True, kw_only=True)
class Crash:
    """A worker killed at a certain point, whose client loses the connection.

    Attributes:
        what: when it is killed, for readers.
        at: the point where it is held and then killed.
        embedded: the parts that embedded ones replace: `s3`, `mongo`.
        with_new_key: the total paid once the same request came with a new key.
    """

    what: str
    at: Point
    paid: int
    kept: Kept
    meanwhile: ExpectedResponse
    again: Again
    embedded: tuple[str, ...] = ()
    with_new_key: int | None = None


@dataclass(frozen=True)
class Topic:
    """The rows of one part of the service."""

    title: str
    rows: tuple[Row, ...]


def slug(what: str) -> str:
    """Return the id of a row's test."""
    return re.sub(r"\W+", "-", what.lower()).strip("-")


SUCCESS = ExpectedResponse(charged="yes")
REPLAYED = ExpectedResponse(charged="yes", headers={"Idempotency-Replayed": "true"})
RUNNING = ExpectedResponse(409, "generation_in_progress", "unknown", {"Retry-After": "5"})
OUTCOME_UNKNOWN = ExpectedResponse(409, "outcome_unknown", "unknown")

NOTHING = Kept()
READY = Kept(rows=("ready yes",), objects=("image", "note", "original"))


def failed(charged: str = "no") -> Kept:
    """Expect a single failed record and no objects."""
    return Kept(rows=(f"{'unknown' if charged == 'unknown' else 'failed'} {charged}",))


GENERATED_NOW = Again(SUCCESS, paid=1, kept=READY)
"""Nothing was paid for the first time, so the same key generates the image now."""

FINISHED = Again(REPLAYED, paid=1, kept=READY)
"""The paid original is used, and nothing is paid again."""

NEVER_PAID_AGAIN = Again(OUTCOME_UNKNOWN, paid=1, kept=failed("unknown"))
"""It may have been paid for, so this key never pays again."""
