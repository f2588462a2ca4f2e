"""Draws many images, none of them twice, however often it is begun again."""

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
"""Of one row, if it was told each time that another try may help."""

_MAX_WAIT = 60.0  # seconds between two tries
# What the next row would meet too.
_FOR_ALL = (BudgetExceeded, PriceUnknown, ProviderMisconfigured, ProviderQuota)


class Generate(Protocol):
    """Draws one image, or answers with the one that was drawn under this claim before."""

    def __call__(self, request: ImageRequest, *, caller: Caller, claim: str) -> GenerationResult:
        """See GenerateImage."""


@dataclass(frozen=True)
class BatchItem:
    """A wish of a batch; `number` is its place in it, from 1, and `claim` its Idempotency-Key."""

    number: int
    request: ImageRequest
    claim: str


@dataclass(frozen=True)
class BatchOutcome:
    """How a row ended: with an image, or with an error. Neither: it was not begun."""

    row: BatchItem
    image: ImageRecord | None = None
    replayed: bool = False
    error: AppError | None = None

    @property
    def cost_micros(self) -> int:
        """What this run paid for it, as far as that is known."""
        bought = self.image is not None and not self.replayed
        return (self.image.cost_micros or 0) if self.image and bought else 0


def rows_of(name: str, requests: Iterable[ImageRequest], caller: Caller) -> list[BatchItem]:
    """Give each wish a claim that is the same each time.

    It derives from the batch's name, from the wish, and from how many equal ones stand before it.
    So rows may be added, removed and moved between two runs, and what was drawn stays drawn; a row
    that is changed is another row.
    """
    seen: Counter[str] = Counter()
    rows = []
    for number, request in enumerate(requests, start=1):
        wish = json.dumps(request.asked, sort_keys=True)
        seen[wish] += 1
        key = hashlib.sha256(f"{name}\n{seen[wish]}\n{wish}".encode()).hexdigest()
        rows.append(BatchItem(number, request, claim_of(caller.id, f"batch {key}")))
    return rows


class Batch:
    """Draws rows, several at a time.

    Args:
        draw: draws one.
        caller: who owns the images, and whose budget holds.
        at_once: how many are drawn at the same time.
        wait: waits so many seconds, or less if the batch is stopped.
    """

    def __init__(
        self,
        draw: Generate,
        *,
        caller: Caller,
        at_once: int,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._draw = draw
        self._caller = caller
        self._at_once = at_once
        self._wait = wait
        self._stopped = threading.Event()
        self.reason: AppError | None = None
        """Why no further row is begun; None if that was asked for, or there was no need."""

    def stop(self) -> None:
        """Begin no further row; those that have begun end."""
        self._stopped.set()

    def run(self, rows: Sequence[BatchItem]) -> Iterator[BatchOutcome]:
        """Draw, and yield each row's outcome once it has ended, in whatever order."""
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="batch") as pool:
            futures: list[Future[BatchOutcome]] = [pool.submit(self._ended, row) for row in rows]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                self.stop()  # whoever leaves early leaves no thread that goes on buying

    def _ended(self, row: BatchItem) -> BatchOutcome:
        tries = 0
        while not self._stopped.is_set():
            tries += 1
            try:
                answer = self._draw(row.request, caller=self._caller, claim=row.claim)
            except AppError as error:
                if isinstance(error, _FOR_ALL):
                    self.reason = error
                    self.stop()
                elif _may_help(error, tries):
                    self._wait(self._stopped, min(error.retry_after or 1, _MAX_WAIT))
                    continue
                return BatchOutcome(row, error=error)
            return BatchOutcome(row, answer.generation, answer.replayed and tries == 1)
        return BatchOutcome(row)


def _may_help(error: AppError, tries: int) -> bool:
    """Tell whether the row may be tried again: the same claim never pays twice.

    Another process that works on it, or was killed while it did, is waited for: its lease ends.
    """
    if isinstance(error, GenerationInProgress):
        return True
    if isinstance(error, OutcomeUnknown) or error.retry_after is None:
        return False
    return tries < MAX_TRIES and (error.charged is not Charged.UNKNOWN)
