"""The catalog of all faults of the provider."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Self

from tests.support.fake_openai.behavior import Behavior, Delivery
from tests.support.fake_openai.faults.backgrounds import BackgroundFaults
from tests.support.fake_openai.faults.errors import ErrorFaults
from tests.support.fake_openai.faults.images import ImageFaults
from tests.support.fake_openai.faults.streams import StreamFaults
from tests.support.fake_openai.faults.text import TextFaults
from tests.support.fake_openai.reply import Reply

_SEVERAL_READS = 256 * 1024  # bytes; clients read 64 KiB at most


class WireFaults(Behavior):
    """Delays and connection faults; the generation is charged by default."""

    @classmethod
    def delay(cls, seconds: float, paid: bool = True) -> Self:
        """Respond normally after a delay."""
        return cls("delay", paid).after(seconds)

    @classmethod
    def until(cls, released: threading.Event, limit: float = 300.0) -> Self:
        """Respond normally once the test sets an event; charged."""

        def wait(sleep: Callable[[float], bool]) -> None:
            for _ in range(int(limit * 100)):
                if released.is_set() or sleep(0.01):
                    return

        return cls("until", paid=True, wait=wait)

    @classmethod
    def meanwhile(cls, action: Callable[[], object]) -> Self:
        """Call `action` after the request has arrived, then respond normally; charged.

        The response is too long for one read, so that the client compares the time.
        """

        def lengthen(reply: Reply) -> Reply:
            return replace(reply, body=reply.body + b" " * _SEVERAL_READS)

        return cls("meanwhile", paid=True, wait=lambda _: action(), rewrite=lengthen)

    @classmethod
    def with_headers(cls, headers: Mapping[str, str]) -> Self:
        """Respond normally, with more headers."""

        def rewrite(reply: Reply) -> Reply:
            return replace(reply, headers={**reply.headers, **headers})

        return cls("with_headers", paid=True, rewrite=rewrite)

    @classmethod
    def drop_before_response(cls, paid: bool = True) -> Self:
        """Read the whole request, then close the connection without a response."""
        # A reply replaces the generation, which is therefore not charged.
        reply = None if paid else Reply(500, b"")
        return cls("drop_before_response", paid, reply=reply, delivery=Delivery(drop=True))

    @classmethod
    def cut(cls, after_bytes: int = 1000, paid: bool = True) -> Self:
        """Announce the whole body, send its first bytes and close the connection."""
        return cls("cut", paid, delivery=Delivery(cut_after=after_bytes))

    @classmethod
    def drip(cls, chunk: int = 4096, pause: float = 0.05, paid: bool = True) -> Self:
        """Send the body in small pieces, with a pause before each."""
        return cls("drip", paid, delivery=Delivery(chunk=chunk, pause=pause))

    @classmethod
    def slow_events(cls, pause: float = 0.05, paid: bool = True) -> Self:
        """Send a stream event by event, with a pause before each."""
        return cls("slow_events", paid, delivery=Delivery(by_event=True, pause=pause))

    @classmethod
    def last_event_at(cls, released: threading.Event) -> Self:
        """Send a stream, but its last event only once the test sets an event; charged."""
        delivery = Delivery(by_event=True, last_at=released)
        return cls("last_event_at", paid=True, delivery=delivery)


class Fault(WireFaults, ErrorFaults, BackgroundFaults, ImageFaults, StreamFaults, TextFaults):
    """All faults by name, as in `fake.script("images", Fault.delay(5), Fault.quota())`."""
