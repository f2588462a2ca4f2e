"""Where a worker can be stopped, over the connections that it has."""

import threading
from dataclasses import dataclass, replace
from typing import Literal, Self

from tests.support.fake_openai import Fault
from tests.support.service import Parts


@dataclass(frozen=True)
class Held:
    """A request that never arrives, or with `forward` whose answer never does."""

    part: Literal["s3", "mongo"]
    pattern: bytes
    forward: bool = False

    @property
    def hasty(self) -> bool:
        """Whether the worker may lose patience before everything has been looked at."""
        return self.part == "mongo"

    @property
    def answered(self) -> Self:
        """The same, but after it was carried out: the answer is what does not arrive."""
        return replace(self, forward=True)

    def set_up(self, parts: Parts, released: threading.Event) -> None:  # noqa: ARG002  reason: Drawing needs it
        """Let the first request stop here that comes by."""
        getattr(parts, self.part).hold_at(self.pattern, forward=self.forward)

    def wait(self, parts: Parts) -> None:
        """Wait until a request is here."""
        getattr(parts, self.part).wait_until_held()


@dataclass(frozen=True)
class Drawing:
    """The paid call, while it is being drawn."""

    hasty = False

    def set_up(self, parts: Parts, released: threading.Event) -> None:
        """Let the next drawing take until it is released."""
        parts.fake.script("images", Fault.until(released))

    def wait(self, parts: Parts) -> None:
        """Wait until an image is being drawn."""
        parts.fake.wait_in_flight(timeout=30)


Point = Held | Drawing


PUTTING_ORIGINAL = Held("s3", b"/originals/")
PUTTING_NOTE = Held("s3", b".json ")
PUTTING_IMAGE = Held("s3", b"/images/")
MARKING_BEGUN = Held("mongo", b"\0unknown\0")  # how texts look in MongoDB's protocol
SETTING_READY = Held("mongo", b"\0ready\0\x09requested_at\0")  # in a whole row, not in a question
