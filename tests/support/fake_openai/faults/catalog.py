"""The catalogue of everything that can go wrong upstream."""

import threading
from collections.abc import Callable
from typing import Self

from tests.support.fake_openai.behavior import Behavior, Delivery
from tests.support.fake_openai.faults.errors import ErrorFaults
from tests.support.fake_openai.faults.images import ImageFaults
from tests.support.fake_openai.faults.streams import StreamFaults
from tests.support.fake_openai.faults.text import TextFaults
from tests.support.fake_openai.reply import Reply


class WireFaults(Behavior):
    """Faults of time and of the connection; the generation is paid unless told otherwise."""

    @classmethod
    def delay(cls, seconds: float, paid: bool = True) -> Self:
        """Answer normally, but late."""
        return cls("delay", paid).after(seconds)

    @classmethod
    def until(cls, released: threading.Event, limit: float = 30.0) -> Self:
        """Answer normally once the test sets the event; paid."""

        def wait(sleep: Callable[[float], bool]) -> None:
            for _ in range(int(limit * 100)):
                if released.is_set() or sleep(0.01):
                    return

        return cls("until", paid=True, wait=wait)

    @classmethod
    def drop_before_response(cls, paid: bool = True) -> Self:
        """Read the whole request, then close the connection without a byte."""
        # Unpaid means that the model never drew: a reply of its own skips the drawing.
        reply = None if paid else Reply(500, b"")
        return cls("drop_before_response", paid, reply=reply, delivery=Delivery(drop=True))

    @classmethod
    def cut(cls, after_bytes: int = 1000, paid: bool = True) -> Self:
        """Promise the whole body, send its first bytes, close."""
        return cls("cut", paid, delivery=Delivery(cut_after=after_bytes))

    @classmethod
    def drip(cls, chunk: int = 4096, pause: float = 0.05, paid: bool = True) -> Self:
        """Send the body in small pieces with a pause before each."""
        return cls("drip", paid, delivery=Delivery(chunk=chunk, pause=pause))

    @classmethod
    def slow_events(cls, pause: float = 0.05, paid: bool = True) -> Self:
        """Send a streamed answer event by event with a pause before each."""
        return cls("slow_events", paid, delivery=Delivery(by_event=True, pause=pause))

    @classmethod
    def last_event_at(cls, released: threading.Event) -> Self:
        """Send a streamed answer, but its last event only once the test sets this; paid."""
        delivery = Delivery(by_event=True, last_at=released)
        return cls("last_event_at", paid=True, delivery=delivery)


class Fault(WireFaults, ErrorFaults, ImageFaults, StreamFaults, TextFaults):
    """Every fault by its name: `fake.script("images", Fault.delay(5), Fault.quota())`."""
