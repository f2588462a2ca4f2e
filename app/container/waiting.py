"""How many threads of a process may wait at the same time, by what they wait for.

All together are fewer than the threads for such requests, so that cached images, lists and errors
always find a thread. `MAX_CONCURRENT_VARIANTS` limits those that compute variants.
"""

from dataclasses import replace
from typing import Literal

from app.errors import (
    AppError,
    Overloaded,
    RecordsUnavailable,
    ServiceBusy,
    StorageUnavailable,
    VariantsBusy,
)
from app.http.concurrency import Places
from app.http.uploads.limits import MAX_CONCURRENT_UPLOADS, MemoryTurns
from app.ports import Clock, ImageStore, Ports
from app.services.caching.caching_store import CachingStore
from app.services.runtime.guard import ReadGuard

_LOADED_UPLOAD_BYTES = 24 * 1024 * 1024  # one of the largest, or several smaller ones
_UPLOAD_WAIT_SECONDS = 300.0

WaitingFor = Literal["images", "the same image", "records", "prompts", "deletions", "archives"]

PLACES: dict[WaitingFor, int] = {
    "images": 16,  # read from the store
    "the same image": 32,  # or variant, which another thread reads or computes
    "records": 16,
    "prompts": 8,  # of the text model
    "deletions": 8,
    "archives": 4,  # of several images, which are in memory
}


def places_for(what: WaitingFor) -> Places:
    """Return places for threads that wait for this."""
    return Places(PLACES[what], lambda: Overloaded(f"too many threads wait for {what}"))


def variant_places(count: int) -> Places:
    """Return places for threads that compute variants."""
    return Places(count, lambda: VariantsBusy("the limit of concurrent variants is reached"))


def upload_places() -> Places:
    """Return places for requests whose file is kept on disk."""
    return Places(MAX_CONCURRENT_UPLOADS, lambda: ServiceBusy("too many uploads"))


def upload_turns() -> MemoryTurns:
    """Return turns for uploads whose file is in memory, which decoding needs."""
    return MemoryTurns(
        _LOADED_UPLOAD_BYTES,
        seconds=_UPLOAD_WAIT_SECONDS,
        error=lambda: ServiceBusy("uploads are processed too slowly"),
    )


def guarded_store(ports: Ports) -> ImageStore:
    """Return the store for requests that read images; generations read it without a guard."""
    if not isinstance(ports.store, CachingStore):
        return ports.store
    guard = _guard("the image store", "images", StorageUnavailable, ports.clock)
    return replace(ports.store, guard=guard)


def records_guard(ports: Ports) -> ReadGuard:
    """Return the guard for requests that read records; generations read them without it."""
    return _guard("the record store", "records", RecordsUnavailable, ports.clock)


def _guard(name: str, what: WaitingFor, unavailable: type[AppError], clock: Clock) -> ReadGuard:
    places = places_for(what)
    return ReadGuard(name, places=places, unavailable=unavailable, monotonic=clock.monotonic)
