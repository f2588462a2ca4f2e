"""What the use cases need from the outside world. The services implement these protocols."""

from dataclasses import dataclass

from app.ports.api_keys import KeyRing
from app.ports.ledger import Ledger
from app.ports.observer import Observer
from app.ports.providers import ImageGenerator, Imaging, Moderator, PromptWriter
from app.ports.rate_limiter import RateLimiter
from app.ports.records import Clock, Records
from app.ports.storage import ImageStore, Leftovers, PictureCache, Spool

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
