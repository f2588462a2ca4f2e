"""Generations: their records, and the states that a record goes through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.errors import Charged
from app.models.image_request import ImageRequest
from app.models.images import Original, ProcessedImage
from app.models.prompts import fold, join_prompt


class State(StrEnum):
    """The state of a generation."""

    PENDING = "pending"  # requested; being drawn, or interrupted
    READY = "ready"  # the image is stored
    FAILED = "failed"  # ended without a usable image
    UNKNOWN = "unknown"  # sent to the model; it is unknown whether an image was drawn and charged
    DELETED = "deleted"  # being removed; or removed, and kept for its Idempotency-Key only


_NOT_DELETED = (State.PENDING, State.READY, State.FAILED, State.UNKNOWN)


class InvalidTransition(ValueError):
    """A record has no such transition from its present state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """The record of one generation: what was asked, what was drawn, and how it ended.

    Each transition is a method that returns the next record. Only the record stores' `insert` and
    `compare_and_swap` make it count, so of several servers one wins:

        new record         pending
        leased_until       any but deleted -> pending   a server takes over the unfinished work
        started            pending -> pending   the paid call may begin, so `charged` is `unknown`
        drawn              pending -> pending   the model has responded
        paid               pending -> pending   the bytes are at hand and may be stored
        released           pending -> pending   the image waits for storage, for any server
        ready              pending, ready -> ready   the cut-out image is stored
        failed             pending -> failed    ended without a usable image
        unknown            pending -> unknown   sent, but no whole response arrived
        deleted            ready, deleted -> deleted   objects may be removed from here on
        tombstone          deleted -> deleted   all that remains for the Idempotency-Key

    A failed record from before the paid call is replaced by a new one with the same id, if its
    request is repeated.

    Attributes:
        requested_at, created_at, lease_until: UTC with whole milliseconds, the finest that every
            store keeps. `created_at` is when the image had been drawn, so that new records appear
            at the head of the list. While a record is pending, the server that set `lease_until`
            works on it; after that time any server may take it over.
        owner: the id of the caller; "" without API keys.
        claim: stands for caller and Idempotency-Key, and is unique; "" for none.
        fingerprint: of the request; see ImageRequest.
        tokens: the folded words of the prompts, for searching.
        charged: `no` in a pending record until the paid call may have begun.
        error: the code of the error that it ended or was interrupted with.
        cost_micros: what drawing and enhancing cost; None if that is unknown, or not known yet.
        text_micros: what enhancing cost, or may have cost at most.
        booked_micros: what the ledger counts for this record at present.

    Money is in micros, millionths of a US dollar.
    """

    id: str
    state: State
    requested_at: datetime
    lease_until: datetime
    created_at: datetime | None = None
    owner: str = ""
    claim: str = ""
    fingerprint: str = ""
    first_prompt: str = ""
    prompt: str = ""
    subject: str = ""
    prompt_suffix: str = ""
    tokens: Sequence[str] = ()
    quality: str = ""
    size: str = ""
    provider: str = ""
    model: str = ""
    charged: Charged = Charged.NO
    error: str = ""
    cost_micros: int | None = None
    text_micros: int = 0
    booked_micros: int = 0
    original: Original | None = None
    image: ProcessedImage | None = None

    @property
    def new_prompt(self) -> str:
        """The text that was drawn: the subject, and the sentence on the background."""
        return join_prompt(self.subject, self.prompt_suffix)

    def is_leased(self, now: datetime) -> bool:
        """Return whether a server is working on it, so that no other one may touch it."""
        return self.state is State.PENDING and self.lease_until > now

    def leased_until(self, time: datetime) -> "ImageRecord":
        """Take over the work until this time."""
        return self._from(*_NOT_DELETED, state=State.PENDING, lease_until=time)

    def started(
        self, request: ImageRequest, *, lease_until: datetime, charged: Charged, text_micros: int
    ) -> "ImageRecord":
        """Begin to draw the completed request; from now on money may have been spent."""
        return self._from(
            State.PENDING,
            lease_until=lease_until,
            subject=request.subject,
            prompt_suffix=request.prompt_suffix,
            tokens=fold(self.prompt, request.subject),
            charged=charged,
            text_micros=text_micros,
        )

    def drawn(
        self, *, model: str, cost_micros: int | None, created_at: datetime | None = None
    ) -> "ImageRecord":
        """Add what the model's response says, or a note of it."""
        return self._from(
            State.PENDING,
            model=model or self.model,
            cost_micros=cost_micros,
            created_at=created_at or self.created_at,
        )

    def paid(self, created_at: datetime, original: Original | None) -> "ImageRecord":
        """Add the original, which is charged for unless nothing was sent for money.

        Args:
            created_at: when it was drawn, if that is not known already.
            original: None if the bytes are not recognized as an image.
        """
        is_free = self.charged is Charged.NO
        return self._from(
            State.PENDING,
            charged=Charged.NO if is_free else Charged.YES,
            created_at=self.created_at or created_at,
            cost_micros=0 if is_free else self.cost_micros,
            original=original or self.original,
        )

    def released(self, now: datetime, *, error: str, charged: Charged) -> "ImageRecord":
        """Give up the lease of an image that waits for storage."""
        return self._from(State.PENDING, lease_until=now, error=error, charged=charged)

    def ready(self, image: ProcessedImage) -> "ImageRecord":
        """Set the stored cut-out image."""
        return self._from(State.PENDING, State.READY, state=State.READY, image=image, error="")

    def failed(self, error: str, *, charged: Charged) -> "ImageRecord":
        """End without a usable image."""
        return self._from(State.PENDING, state=State.FAILED, error=error, charged=charged)

    def unknown(self, error: str) -> "ImageRecord":
        """End without knowing whether an image was drawn and charged for."""
        return self._from(State.PENDING, state=State.UNKNOWN, error=error, charged=Charged.UNKNOWN)

    def deleted(self) -> "ImageRecord":
        """Mark it before its objects are removed; all else stays, so that this can be repeated."""
        return self._from(State.READY, State.DELETED, state=State.DELETED)

    def tombstone(self) -> "ImageRecord":
        """Keep nothing but what a later request with the same Idempotency-Key needs."""
        record = self._from(State.DELETED)
        return ImageRecord(
            id=record.id,
            state=State.DELETED,
            requested_at=record.requested_at,
            lease_until=record.lease_until,
            owner=record.owner,
            claim=record.claim,
            fingerprint=record.fingerprint,
        )

    def booked(self) -> "ImageRecord":
        """Set what the ledger has to count for it, now that it has ended.

        That is its cost; if the cost is unknown, what was reserved; and if no image was charged
        for, the cost of enhancing.
        """
        due = self.booked_micros if self.cost_micros is None else self.cost_micros
        return replace(self, booked_micros=self.text_micros if self.charged is Charged.NO else due)

    def _from(self, *states: State, **changes: Any) -> "ImageRecord":
        """Return the record with these changes, provided that it is in one of the states."""
        if self.state not in states:
            raise InvalidTransition(f"a record that is {self.state} can't be changed like that")
        return replace(self, **changes)
