"""Ports: protocols that the use cases require and the services implement."""

from dataclasses import dataclass

from app.ports.api_keys import ApiKeyRepository
from app.ports.ledger import Ledger
from app.ports.observer import Observer
from app.ports.providers import ImageGenerator, ImageProcessor, Moderator, PromptWriter
from app.ports.rate_limiter import RateLimiter
from app.ports.recent_requests import RecentRequests
from app.ports.records import Clock, ImageRecords
from app.ports.storage import (
    UNLIMITED,
    Cursor,
    Guard,
    ImageCache,
    ImageStore,
    OwnerCache,
    Spool,
    TempFiles,
    unguarded,
)

__all__ = [
    "UNLIMITED",
    "ApiKeyRepository",
    "Clock",
    "Cursor",
    "Guard",
    "ImageCache",
    "ImageGenerator",
    "ImageProcessor",
    "ImageRecords",
    "ImageStore",
    "Ledger",
    "Moderator",
    "Observer",
    "OwnerCache",
    "Ports",
    "PromptWriter",
    "RateLimiter",
    "RecentRequests",
    "Spool",
    "TempFiles",
    "unguarded",
]


@dataclass(frozen=True, kw_only=True)
class Ports:
    """An implementation of each port, selected by the composition root.

    `record_clock` is the clock of leases and of the times in records, if it is another one.
    """

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter
    image_processor: ImageProcessor
    store: ImageStore
    spool: Spool
    cache: ImageCache
    records: ImageRecords
    api_keys: ApiKeyRepository
    rate_limiter: RateLimiter
    ledger: Ledger
    recent_requests: RecentRequests
    clock: Clock
    observer: Observer
    record_clock: Clock | None = None
