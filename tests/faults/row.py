"""What a row of the matrix says."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.faults.points import Point
from tests.faults.stage import Stage, generate

HOW = {
    "refuse": "refuses connections",
    "black_hole": "swallows everything",
    "reset": "resets connections",
}
"""How a part can be down, by the name of the proxy's method."""

UNTIL_IT_RESETS = "until the budget begins again"
"""What the header Retry-After says of a budget, which nobody can tell in advance."""


@dataclass(frozen=True)
class Answer:
    """What a caller gets: status, code of an error, `charged`, and what the headers say."""

    status: int = 200
    code: str = ""
    charged: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What there is afterwards: rows as "state charged", and the kinds of objects."""

    rows: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    spool: tuple[str, ...] = ()


@dataclass(frozen=True)
class Again:
    """What the same request with the same key gets once all is well, and what is paid in total."""

    answer: Answer
    paid: int
    kept: Kept | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault of a request.

    Attributes:
        what: what breaks, for readers.
        given: makes it break.
        asks: sends the request; the same again later.
        settings: of the service, where others than usual are needed.
        log: what the log has to tell, beside the request's id.
        also: checks what only this row promises.
        meanwhile: what the same key gets while the lease of the first request lives.
    """

    what: str
    given: Callable[[Stage], object] = lambda _: None
    asks: Callable[[Stage], requests.Response] = generate
    answer: Answer
    paid: int = 0
    kept: Kept = Kept()
    meanwhile: Answer | None = None
    again: Again | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    also: Callable[[Stage, requests.Response], object] = lambda _, __: None


@dataclass(frozen=True, kw_only=True)
class Crash:
    """A worker killed at a certain point; its caller sees the connection break.

    Attributes:
        what: when it is killed, for readers.
        at: where it is stopped, to be killed there.
        embedded: the parts for which the stand-ins are used: `s3`, `mongo`.
        with_new_key: what is paid in total once a new key has asked for the same.
    """

    what: str
    at: Point
    paid: int
    kept: Kept
    meanwhile: Answer
    again: Again
    embedded: tuple[str, ...] = ()
    with_new_key: int | None = None


@dataclass(frozen=True)
class Topic:
    """Rows on the same part of the service."""

    title: str
    rows: tuple[Row, ...]


def slug(what: str) -> str:
    """Return the name of a row's test."""
    return re.sub(r"\W+", "-", what.lower()).strip("-")


MADE = Answer(charged="yes")
REPLAYED = Answer(charged="yes", headers={"Idempotency-Replayed": "true"})
RUNNING = Answer(409, "generation_in_progress", "unknown", {"Retry-After": "5"})
OUTCOME_UNKNOWN = Answer(409, "outcome_unknown", "unknown")

NOTHING = Kept()
READY = Kept(rows=("ready yes",), objects=("image", "note", "original"))


def failed(charged: str = "no") -> Kept:
    """Return that only a row is left, which tells how it ended."""
    return Kept(rows=(f"{'unknown' if charged == 'unknown' else 'failed'} {charged}",))


DRAWN_NOW = Again(MADE, paid=1, kept=READY)
"""Nothing was bought the first time, so the same key draws it now."""

FINISHED = Again(REPLAYED, paid=1, kept=READY)
"""What was bought is made use of: nothing is paid again."""

NEVER_AGAIN = Again(OUTCOME_UNKNOWN, paid=1, kept=failed("unknown"))
"""It may have been bought, so this key never buys again."""
