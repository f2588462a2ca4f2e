"""How the fake responds to one request: the data of which every fault consists."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from tests.support.fake_openai.reply import Reply


@dataclass(frozen=True)
class Delivery:
    """How a response is sent; by default in one piece.

    Attributes:
        drop: close the connection without a response.
        cut_after: close the connection after this many bytes of the body.
        chunk: send the body in pieces of this many bytes.
        by_event: send each server-sent event as a piece.
        pause: seconds to wait before each piece.
        last_at: wait for this event before the last piece.
    """

    drop: bool = False
    cut_after: int | None = None
    chunk: int | None = None
    by_event: bool = False
    pause: float = 0.0
    last_at: threading.Event | None = None


@dataclass(frozen=True)
class Behavior:
    """A deviation from the normal response.

    Attributes:
        name: identifies the behavior in test ids.
        paid: whether the generation is charged although something goes wrong.
        wait: called before the response is sent, with a function that sleeps.
        reply: replaces the response; nothing is generated.
        image: replaces the generated image.
        rewrite: changes the normal response.
        delivery: how the response is sent.
    """

    name: str
    paid: bool = False
    wait: Callable[[Callable[[float], bool]], object] | None = field(default=None, repr=False)
    reply: Reply | None = field(default=None, repr=False)
    image: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    rewrite: Callable[[Reply], Reply] | None = field(default=None, repr=False)
    delivery: Delivery = field(default_factory=Delivery, repr=False)

    def after(self, seconds: float) -> Self:
        """Return the same behavior, delayed."""
        return replace(self, wait=lambda sleep: sleep(seconds))

    def calling(self, action: Callable[[], object]) -> Self:
        """Return the same behavior, which calls a function before it responds."""
        return replace(self, wait=lambda _: action())

    def billed(self, paid: bool = True) -> Self:
        """Return the same behavior, charged or free."""
        return replace(self, paid=paid)
