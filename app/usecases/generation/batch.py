"""Generate batches, each image only once across all runs."""

import hashlib
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
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
from app.usecases.generation.idempotency import candidate_claim, claim_of

MAX_TRIES = 6
"""Maximum number of attempts per item; only errors that allow a retry are retried."""

_MAX_WAIT = 60.0  # seconds between two attempts
# Errors that would affect all other items too.
_STOPPING = (BudgetExceeded, PriceUnknown, ProviderMisconfigured, ProviderQuota)


class Generate(Protocol):
    """Generates an image, or returns the result of an earlier equal call."""

    def __call__(self, request: ImageRequest, *, caller: Caller, claim: str) -> GenerationResult:
        """See GenerateImage."""


@dataclass(frozen=True)
class BatchItem:
    """An image of a batch, with the number of its prompt (from 1) and its claim."""

    number: int
    request: ImageRequest
    claim: str


@dataclass(frozen=True)
class BatchOutcome:
    """The record or the error of an item; neither if it was not started."""

    item: BatchItem
    record: ImageRecord | None = None
    replayed: bool = False
    error: AppError | None = None

    @property
    def cost_micros(self) -> int:
        """The cost of the item in this run, in micros; 0 if it is unknown."""
        if self.record is None or self.replayed:
            return 0
        return self.record.cost_micros or 0


def batch_items(name: str, requests: Iterable[ImageRequest], caller: Caller) -> list[BatchItem]:
    """Assign each request a claim that is the same in every run.

    The claim derives from the batch's name, the request, and the number of equal requests before
    it. Requests may therefore be added, removed and moved between two runs without generating any
    of them again. A changed request counts as a new one.

    A request for several images has an item for each candidate.
    """
    seen: Counter[str] = Counter()
    items = []
    for number, request in enumerate(requests, start=1):
        identity = json.dumps(request.identity, sort_keys=True)
        seen[identity] += 1
        key = hashlib.sha256(f"{name}\n{seen[identity]}\n{identity}".encode()).hexdigest()
        claim = claim_of(caller.id, f"batch {key}")
        items += [
            BatchItem(number, replace(request, candidate=index), candidate_claim(claim, index))
            for index in range(request.n)
        ]
    return items


def with_groups(items: Sequence[BatchItem], earlier: Mapping[str, ImageRecord]) -> list[BatchItem]:
    """Give the candidates of each prompt the group that they had in an earlier run, or a new one.

    Args:
        items: the items of a batch.
        earlier: the records of items that were started before, by claim.
    """
    groups: dict[int, str] = {}
    for item in items:
        if item.request.n > 1:
            record = earlier.get(item.claim)
            known = record.group if record else ""
            groups[item.number] = groups.get(item.number) or known
    groups = {number: group or str(uuid.uuid4()) for number, group in groups.items()}
    return [
        replace(item, request=replace(item.request, group=groups.get(item.number, "")))
        for item in items
    ]


class Batch:
    """Generates the images of a batch concurrently.

    Args:
        generate: generates one image.
        caller: the owner of the images, whose budget applies.
        concurrency: how many images are generated at the same time.
        wait: waits for a number of seconds, or until the batch is stopped.
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
        """Start no further items; running ones are completed."""
        self._stopped.set()

    def run(self, items: Sequence[BatchItem]) -> Iterator[BatchOutcome]:
        """Yield the outcomes of the items in the order of completion."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="batch") as pool:
            futures: list[Future[BatchOutcome]] = [pool.submit(self._run, item) for item in items]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                self.stop()  # if the consumer stops early, no thread may continue to pay

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
                elif _should_retry(error, tries):
                    self._wait(self._stopped, min(error.retry_after or 1, _MAX_WAIT))
                    continue
                return BatchOutcome(item, error=error)
            return BatchOutcome(item, result.record, result.replayed and tries == 1)
        return BatchOutcome(item)


def _should_retry(error: AppError, tries: int) -> bool:
    """Return whether to try again; the same claim never pays twice.

    While another process is generating the item, the batch waits for it. If that process was
    killed, the wait ends with its lease.
    """
    if isinstance(error, GenerationInProgress):
        return True
    if isinstance(error, OutcomeUnknown) or error.retry_after is None:
        return False
    return tries < MAX_TRIES and (error.charged is not Charged.UNKNOWN)
