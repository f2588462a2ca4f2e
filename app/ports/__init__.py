"""What the use cases need from the outside world. The services implement these protocols."""

from dataclasses import dataclass

from app.ports.access import KeyRing
from app.ports.drawing import ImageGenerator, Imaging, Moderator, PromptWriter
from app.ports.limiting import RateLimiter
from app.ports.observing import Observer
from app.ports.recording import Clock, Records
from app.ports.spending import Ledger
from app.ports.storing import ImageStore, Leftovers, PictureCache, Spool

__all__ = [
    "Clock",
    "ImageGenerator",
    "ImageStore",
    "Imaging",
    "KeyRing",
    "Ledger",
    "Leftovers",
    "Moderator",
    "Observer",
    "PictureCache",
    "Ports",
    "PromptWriter",
    "RateLimiter",
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
    cache: PictureCache
    records: Records
    keys: KeyRing
    limiter: RateLimiter
    ledger: Ledger
    clock: Clock
    observer: Observer
