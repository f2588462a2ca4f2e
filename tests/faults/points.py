"""Points of a generation at which a connection of the worker can be held."""

import threading
from dataclasses import dataclass, replace
from typing import Literal, Self

from app.usecases.generation.idempotency import candidate_claim, claim_of
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import Fault
from tests.support.service import Parts


@dataclass(frozen=True)
class HeldRequest:
    """A request that never arrives, or with `forward` whose response never does."""

    part: Literal["s3", "mongo"]
    pattern: bytes
    forward: bool = False

    @property
    def freeze(self) -> bool:
        """Whether to stop the worker's process, which could time out during the checks."""
        return self.part == "mongo"

    @property
    def response_held(self) -> Self:
        """The same point after the request was carried out: only its response is held."""
        return replace(self, forward=True)

    def set_up(self, parts: Parts, released: threading.Event) -> None:  # noqa: ARG002  reason: Generating uses it
        """Hold the first request that reaches this point."""
        getattr(parts, self.part).hold_at(self.pattern, forward=self.forward)

    def wait(self, parts: Parts) -> None:
        """Wait until a request reaches this point."""
        getattr(parts, self.part).wait_until_held()


@dataclass(frozen=True)
class Generating:
    """The paid call, while the image is being generated."""

    endpoint: Literal["images", "edits"] = "images"
    freeze = False

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Make the next generation last until `released` is set."""
        parts.fake.script(self.endpoint, Fault.until(released))

    def wait(self, parts: Parts) -> None:
        """Wait until an image is being generated."""
        parts.fake.wait_in_flight()


@dataclass(frozen=True)
class OfSecondCandidate:
    """A point of the second candidate of a group, which is drawn after the first.

    Attributes:
        point: the point.
        call: during which paid call its request is watched for: the second one, or the first for
            a request before the second.
    """

    point: HeldRequest | Generating
    call: int = 2

    @property
    def freeze(self) -> bool:
        """See HeldRequest."""
        return self.point.freeze

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Set up the point once the candidate's turn has come."""
        nothing = Fault.meanwhile(lambda: None)
        if isinstance(self.point, Generating):
            parts.fake.script("images", nothing, Fault.until(released))
            return
        point = self.point
        begin = Fault.meanwhile(lambda: point.set_up(parts, released))
        parts.fake.script("images", *[nothing] * (self.call - 1), begin)

    def wait(self, parts: Parts) -> None:
        """Wait until the candidate reaches this point."""
        if isinstance(self.point, Generating):
            wait_until(lambda: len(parts.fake.requests_to("images")) == 2)
            self.point.wait(parts)
            return
        proxy = getattr(parts, self.point.part)
        wait_until(lambda: proxy._mode.kind == "hold")
        self.point.wait(parts)


@dataclass(frozen=True)
class AfterEditing:
    """A point after the paid call of an edit, before which there are similar requests."""

    point: HeldRequest

    @property
    def freeze(self) -> bool:
        """See HeldRequest."""
        return self.point.freeze

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Set up the point during the paid call."""
        begin = Fault.meanwhile(lambda: self.point.set_up(parts, released))
        parts.fake.script("edits", begin)

    def wait(self, parts: Parts) -> None:
        """Wait until a request reaches this point."""
        proxy = getattr(parts, self.point.part)
        wait_until(lambda: proxy._mode.kind == "hold")
        self.point.wait(parts)


Point = HeldRequest | Generating | OfSecondCandidate | AfterEditing


KEY = "5a1c7f8e-matrix"
"""The idempotency key of the matrix."""

INSERTING_SECOND = HeldRequest(
    "mongo",
    b"\0\2claim\0\x41\0\0\0"
    + candidate_claim(claim_of("", KEY), 1).encode()
    + b"\0\2fingerprint\0",  # in a whole record, not in a query
)
PUTTING_ORIGINAL = HeldRequest("s3", b"/originals/")
READING_ORIGINAL = PUTTING_ORIGINAL  # whatever comes first: an edit begins with that of its parent
PUTTING_NOTE = HeldRequest("s3", b".json ")
PUTTING_IMAGE = HeldRequest("s3", b"/images/")
MARKING_STARTED = HeldRequest("mongo", b"\0unknown\0")  # a string in MongoDB's protocol
SETTING_READY = HeldRequest(
    "mongo", b"\0ready\0\x09requested_at\0"
)  # in a whole record, not in a query
