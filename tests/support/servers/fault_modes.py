"""What a fault proxy does with the data that it forwards."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal[
    "pass_through", "refuse", "black_hole", "reset", "delay", "drip", "cut_after", "hold"
]


@dataclass(frozen=True)
class Mode:
    """A fault, and its parameters."""

    kind: FaultKind
    seconds: float = 0.0
    limit: int = 0
    pattern: bytes = b""
    forward: bool = False
    held: threading.Event = field(default_factory=threading.Event)


@dataclass
class Link:
    """The last bytes of a connection's requests, and whether the connection is held."""

    tail: bytes = b""
    held: bool = False

    def passes(self, chunk: bytes, mode: Mode, *, is_response: bool) -> bool:
        """Return whether to forward a chunk; a pattern may extend over several chunks."""
        if not is_response:
            seen = self.tail + chunk
            self.held = self.held or mode.pattern in seen
            self.tail = seen[-len(mode.pattern) :]
        held_back = self.held and mode.forward == is_response
        if held_back:
            mode.held.set()
        return not held_back


async def send(chunk: bytes, sink: asyncio.StreamWriter, pause_seconds: float) -> None:
    """Send a chunk; with a pause, byte by byte."""
    step = 1 if pause_seconds else len(chunk)
    for start in range(0, len(chunk), max(step, 1)):
        sink.write(chunk[start : start + step])
        await sink.drain()
        if pause_seconds:
            await asyncio.sleep(pause_seconds)
