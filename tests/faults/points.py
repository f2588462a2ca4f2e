"""Points of a generation at which a connection of the worker can be held."""

import threading
from dataclasses import dataclass, replace
from typing import Literal, Self

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

    freeze = False

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Make the next generation last until `released` is set."""
        parts.fake.script("images", Fault.until(released))

    def wait(self, parts: Parts) -> None:
        """Wait until an image is being generated."""
        parts.fake.wait_in_flight()


Point = HeldRequest | Generating


PUTTING_ORIGINAL = HeldRequest("s3", b"/originals/")
PUTTING_NOTE = HeldRequest("s3", b".json ")
PUTTING_IMAGE = HeldRequest("s3", b"/images/")
MARKING_STARTED = HeldRequest("mongo", b"\0unknown\0")  # a string in MongoDB's protocol
SETTING_READY = HeldRequest(
    "mongo", b"\0ready\0\x09requested_at\0"
)  # in a whole record, not in a query
