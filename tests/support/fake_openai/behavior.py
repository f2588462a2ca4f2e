"""How one request shall be answered: the plain data that every fault is made of."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from tests.support.fake_openai.reply import Reply


@dataclass(frozen=True)
class Delivery:
    """How the bytes of an answer are put on the wire; by default all at once."""

    drop: bool = False
    cut_after: int | None = None
    chunk: int | None = None
    by_event: bool = False
    pause: float = 0.0
    last_at: threading.Event | None = None


@dataclass(frozen=True)
class Behavior:
    """A departure from the normal answer.

    `reply` replaces the answer without drawing anything, `image` replaces what is drawn,
    `rewrite` spoils the finished answer, `wait` and `delivery` say when and how it is sent.
    `paid` says whether the generation is billed although something goes wrong.
    """

    name: str
    paid: bool = False
    wait: Callable[[Callable[[float], bool]], object] | None = field(default=None, repr=False)
    reply: Reply | None = field(default=None, repr=False)
    image: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    rewrite: Callable[[Reply], Reply] | None = field(default=None, repr=False)
    delivery: Delivery = field(default_factory=Delivery, repr=False)

    def after(self, seconds: float) -> Self:
        """Return the same behavior, answered this much later."""
        return replace(self, wait=lambda sleep: sleep(seconds))

    def billed(self, paid: bool = True) -> Self:
        """Return the same behavior, counted as paid or not."""
        return replace(self, paid=paid)
