"""Points of a generation at which a worker can be held, by its connections."""

import threading
from dataclasses import dataclass, replace
from typing import Literal, Self

from tests.support.fake_openai import Fault
from tests.support.service import Parts


@dataclass(frozen=True)
class Held:
    """A request that never arrives, or with `forward` whose response never does."""

    part: Literal["s3", "mongo"]
    pattern: bytes
    forward: bool = False

    @property
    def hasty(self) -> bool:
        """Whether the worker may time out before everything has been checked."""
        return self.part == "mongo"

    @property
    def answered(self) -> Self:
        """The same point after the request was carried out: only the response is held."""
        return replace(self, forward=True)

    def set_up(self, parts: Parts, released: threading.Event) -> None:  # noqa: ARG002  reason: Generating needs it
        """Hold the first request that reaches this point."""
        getattr(parts, self.part).hold_at(self.pattern, forward=self.forward)

    def wait(self, parts: Parts) -> None:
        """Wait until a request is here."""
        getattr(parts, self.part).wait_until_held()


@dataclass(frozen=True)
class Generating:
    """The paid call, while the image is being generated."""

    hasty = False

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Make the next generation last until it is released."""
        parts.fake.script("images", Fault.until(released))

    def wait(self, parts: Parts) -> None:
        """Wait until an image is being generated."""
        parts.fake.wait_in_flight(timeout=30)


Point = Held | Generating


PUTTING_ORIGINAL = Held("s3", b"/originals/")
PUTTING_NOTE = Held("s3", b".json ")
PUTTING_IMAGE = Held("s3", b"/images/")
MARKING_BEGUN = Held("mongo", b"\0unknown\0")  # a string in MongoDB's protocol
SETTING_READY = Held("mongo", b"\0ready\0\x09requested_at\0")  # in a whole record, not in a query
