"""Records of generations, and the transitions between their states."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.errors import Charged
from app.models.billing import TokenUsage
from app.models.image_request import ImageRequest
from app.models.images import Original, ProcessedImage
from app.models.prompts import fold
from app.models.record_fields import RecordFields
from app.models.states import FINISHED, RECOVERABLE, InvalidTransition, State
from app.models.tags import union_of_tags

_TICK = timedelta(milliseconds=1)

_KEY_FIELDS = ("id", "state", "requested_at", "lease_until", "owner", "claim")
_COST_FIELDS = ("attempt", "cost_micros", "booked_micros", "parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord(RecordFields):
    """The record of an image: its request, cost and outcome.

    An image is generated, edited from `parents`, imported, or cut out again from that of `parent`.

    Each transition is a method that returns the next record; `states.py` lists them.

    If one failed before the paid call, repeating it replaces the record under the same id.
    """

    def cutout(self, image_id: str, *, now: datetime, lease_until: datetime) -> "ImageRecord":
        """Begin another cutout of the same original, free of charge; it keeps only the tags."""
        return self._from(
            *FINISHED,
            id=image_id,
            state=State.PENDING,
            requested_at=now,
            lease_until=lease_until,
            created_at=None,
            attempt="",
            claim="",
            fingerprint="",
            charged=Charged.NO,
            cost_micros=None,
            text_micros=0,
            booked_micros=0,
            usage=None,
            parent=self.id,
            replaced_by="",
            group="",
            root=self.root or self.id,
            starred=False,
            original=None,
            image=None,
        )

    def leased_until(self, time: datetime) -> "ImageRecord":
        """Take over the work until this time."""
        return self._from(*RECOVERABLE, state=State.PENDING, lease_until=time)

    def started(
        self, request: ImageRequest, *, lease_until: datetime, charged: Charged, text_micros: int
    ) -> "ImageRecord":
        """Begin to draw the completed request, which may cost money."""
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
        self,
        *,
        model: str,
        cost_micros: int | None,
        created_at: datetime | None = None,
        usage: TokenUsage | None = None,
    ) -> "ImageRecord":
        """Add the model, cost, time and usage of the response, or of its sidecar."""
        return self._from(
            State.PENDING,
            model=model or self.model,
            cost_micros=cost_micros,
            created_at=created_at or self.created_at,
            usage=usage or self.usage,
        )

    def paid(self, created_at: datetime, original: Original | None) -> "ImageRecord":
        """Add the original, charged unless no paid request was sent.

        Args:
            created_at: when the image was drawn; ignored if the record has a time already.
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
        ready = self._from(State.PENDING, State.READY, state=State.READY, image=image, error="")
        return ready if self.state is State.PENDING else ready._distinct_from(self)

    def organized(self, tags: Sequence[str], *, starred: bool) -> "ImageRecord":
        """Set the caller's tags and star."""
        changed = self._from(State.READY, tags=tuple(tags), starred=starred)
        return changed._distinct_from(self)

    def succeeding(self, old: "ImageRecord") -> "ImageRecord":
        """Take over the tags, star and group of an image whose place this one takes."""
        changed = self._from(
            State.READY,
            tags=union_of_tags(self.tags, old.tags),
            starred=self.starred or old.starred,
            group=self.group or old.group,
        )
        return changed._distinct_from(self)

    def failed(self, error: str, *, charged: Charged) -> "ImageRecord":
        """End without a usable image."""
        return self._from(State.PENDING, state=State.FAILED, error=error, charged=charged)

    def unknown(self, error: str) -> "ImageRecord":
        """End without knowing whether an image was drawn and charged for."""
        return self._from(State.PENDING, state=State.UNKNOWN, error=error, charged=Charged.UNKNOWN)

    def replaced(self, image_id: str, now: datetime) -> "ImageRecord":
        """Let another image take its place, before its own is removed."""
        return self._from(*FINISHED, state=State.REPLACED, lease_until=now, replaced_by=image_id)

    @property
    def is_tombstone(self) -> bool:
        """Whether only the deletion is left of the image."""
        return self.state is State.DELETED and self.created_at is None

    def trashed(self, now: datetime) -> "ImageRecord":
        """Move it to the trash, before its image is moved out of reach."""
        return self._from(*FINISHED, state=State.TRASHED, lease_until=now)

    def restored(self, now: datetime) -> "ImageRecord":
        """Return it from the trash to the state that it had."""
        state = State.REPLACED if self.replaced_by else State.READY
        return self._from(State.TRASHED, state=state, lease_until=now)

    def deleted(self, now: datetime) -> "ImageRecord":
        """Mark it as deleted, before its objects are removed, and keep what that takes."""
        states = (*FINISHED, State.TRASHED, State.DELETED)
        return self._from(*states, state=State.DELETED, lease_until=now)

    def tombstone(self, now: datetime) -> "ImageRecord":
        """Keep only what recognizes a repeated key, the image in a spool or cache, and its cost."""
        record = self._from(State.DELETED, lease_until=now)
        names = (*_KEY_FIELDS, *_COST_FIELDS, *(("fingerprint",) if record.claim else ()))
        kept: dict[str, Any] = {name: getattr(record, name) for name in names}
        if record.claim and record.inputs:  # an edit is recognized by its inputs and its size
            inputs = tuple(replace(one, subject="", edits=()) for one in record.inputs)
            kept |= {"inputs": inputs, "size": record.size}
        return ImageRecord(**kept)

    def booked(self) -> "ImageRecord":
        """Set what the ledger counts: the cost, else the reserved amount or that of the text."""
        due = self.booked_micros if self.cost_micros is None else self.cost_micros
        return replace(self, booked_micros=self.text_micros if self.charged is Charged.NO else due)

    def _distinct_from(self, earlier: "ImageRecord") -> "ImageRecord":
        """Return the record; if it differs, with another lease, so that a swap notices it."""
        return self if self == earlier else replace(self, lease_until=self.lease_until + _TICK)

    def _from(self, *states: State, **changes: Any) -> "ImageRecord":
        """Return the changed record if its state is one of `states`.

        Raises:
            InvalidTransition: it is in another state.
        """
        if self.state not in states:
            raise InvalidTransition(f"not allowed in the state {self.state}")
        return replace(self, **changes)
