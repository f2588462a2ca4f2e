"""What the use cases need from the outside world. The services implement these protocols."""

from dataclasses import dataclass

from app.ports.drawing import ImageGenerator, Imaging, Moderator, PromptWriter
from app.ports.recording import Clock, Records
from app.ports.storing import Cache, ImageStore, Leftovers, Spool

__all__ = [
    "Cache",
    "Clock",
    "ImageGenerator",
    "ImageStore",
    "Imaging",
    "Leftovers",
    "Moderator",
    "Ports",
    "PromptWriter",
    "Records",
    "Spool",
]


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One implementation of each port: what the composition root picked."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter
    imaging: Imaging
    store: ImageStore
    spool: Spool
    cache: Cache
    records: Records
    clock: Clock
