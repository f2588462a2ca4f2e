"""Generates a batch of images, each of them once, however often the batch is run."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol

from app.errors import (
    AppError,
    BudgetExceeded,
    Charged,
    GenerationInProgress,
    OutcomeUnknown,
    PriceUnknown,
    ProviderMisconfigured,
    ProviderQuota,
)
from app.models import Caller, ImageRecord, ImageRequest
from app.usecases.generation.generate_image import GenerationResult
from app.usecases.generation.idempotency import claim_of

MAX_TRIES = 6
"""Attempts at one item, as long as each error says that retrying may help."""

_MAX_WAIT = 60.0  # seconds between two attempts
# Errors that the other items would meet too.
_STOPPING = (BudgetExceeded, PriceUnknown, ProviderMisconfigured, ProviderQuota)


class Generate(Protocol):
    """Generates one image, or returns the result of an earlier call with this claim."""

    def __call__(self, request: ImageRequest, *, caller: Caller, claim: str) -> GenerationResult:
        """See GenerateImage."""


@dataclass(frozen=True)
class BatchItem:
    """A request of a batch; `number` is its place, from 1, and `claim` its Idempotency-Key."""

    number: int
    request: ImageRequest
    claim: str


@dataclass(frozen=True)
class BatchOutcome:
    """How an item ended: with a record or an error; with neither, if it was not begun."""

    item: BatchItem
    record: ImageRecord | None = None
    replayed: bool = False
    error: AppError | None = None

    @property
    def cost_micros(self) -> int:
        """What this run paid for it, as far as that is known."""
        if self.record is None or self.replayed:
            return 0
        return self.record.cost_micros or 0


def batch_items(name: str, requests: Iterable[ImageRequest], caller: Caller) -> list[BatchItem]:
    """Give each request a claim that is the same in every run.

    The claim derives from the batch's name, the request, and the number of equal requests before
    it. So requests may be added, removed and moved between two runs without generating any of
    them again. A request that was changed is a new one.
    """
    seen: Counter[str] = Counter()
    items = []
    for number, request in enumerate(requests, start=1):
        identity = json.dumps(request.identity, sort_keys=True)
        seen[identity] += 1
        key = hashlib.sha256(f"{name}\n{seen[identity]}\n{identity}".encode()).hexdigest()
        items.append(BatchItem(number, request, claim_of(caller.id, f"batch {key}")))
    return items


class Batch:
    """Runs items, several at a time.

    Args:
        generate: generates one image.
        caller: who owns the images, and whose budget applies.
        concurrency: how many images are generated at the same time.
        wait: waits this many seconds, or less if the batch is stopped.
    """

    def __init__(
        self,
        generate: Generate,
        *,
        caller: Caller,
        concurrency: int,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._generate = generate
        self._caller = caller
        self._concurrency = concurrency
        self._wait = wait
        self._stopped = threading.Event()
        self.stopped_by: AppError | None = None
        """The error that stopped the batch, if one did."""

    def stop(self) -> None:
        """Begin no further item; those under way are completed."""
        self._stopped.set()

    def run(self, items: Sequence[BatchItem]) -> Iterator[BatchOutcome]:
        """Yield the outcome of each item when it has ended, in any order."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="batch") as pool:
            futures: list[Future[BatchOutcome]] = [pool.submit(self._run, item) for item in items]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                self.stop()  # a consumer that stops early must leave no thread that goes on paying

    def _run(self, item: BatchItem) -> BatchOutcome:
        tries = 0
        while not self._stopped.is_set():
            tries += 1
            try:
                result = self._generate(item.request, caller=self._caller, claim=item.claim)
            except AppError as error:
                if isinstance(error, _STOPPING):
                    self.stopped_by = error
                    self.stop()
                elif _may_help(error, tries):
                    self._wait(self._stopped, min(error.retry_after or 1, _MAX_WAIT))
                    continue
                return BatchOutcome(item, error=error)
            return BatchOutcome(item, result.record, result.replayed and tries == 1)
        return BatchOutcome(item)


def _may_help(error: AppError, tries: int) -> bool:
    """Return whether to try again; the same claim never pays twice.

    An item that another process works on is waited for, also if that process was killed: its
    lease ends.
    """
    if isinstance(error, GenerationInProgress):
        return True
    if isinstance(error, OutcomeUnknown) or error.retry_after is None:
        return False
    return tries < MAX_TRIES and (error.charged is not Charged.UNKNOWN)
