"""The fields of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.errors import Charged
from app.models.billing import TokenUsage
from app.models.image_request import InputReference, image_ids_of
from app.models.images import Original, ProcessedImage
from app.models.prompts import join_prompt
from app.models.states import FINISHED, State


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFields:
    """What is known of an image: its request, cost and outcome.

    Attributes:
        requested_at, created_at, lease_until: UTC with whole milliseconds, the precision that all
            stores support. `created_at` is when the image was drawn, so that new images appear
            at the head of the list. Until `lease_until`, a pending record belongs to the server
            that set it; after that time any server may take it over. In a removed
            record it is the time of that change, by which caches find it.
        owner: the id of the caller; "" without API keys.
        attempt: a random id, by which the ledger counts the attempt once; "" in older records.
        claim: unique text derived from caller and Idempotency-Key; "" without a key.
        fingerprint: the fingerprint of the request; see ImageRequest.
        tokens: the folded words of the prompts, for searching.
        charged: `no` in a pending record until the paid call may have begun.
        error: the code of the error that ended or interrupted the generation.
        cost_micros: what drawing and enhancing cost; None if that is unknown, or not known yet.
        text_micros: what enhancing cost, or its maximum cost if that is unknown.
        booked_micros: the amount that the ledger currently counts for this record.
        usage: the tokens that the image model used; None if it did not report them.
        parent: the id of the image whose original this one was cut out from; "" for its own.
        inputs: what an edit was made from; a cutout of an edit keeps them.
        replaced_by: the id of the image that took its place; "" if none did.
        group: the id that the candidates of one request share; "" for a request for one image.
        root: the id of the image at the head of its lineage; "" for an image made from nothing.
        tags, starred: what the caller noted; tags are normalized and distinct.
        cutout_options: what the caller decided, as the document of `CutoutOptions`; else empty.

    Money is in micros, millionths of a US dollar.
    """

    id: str
    state: State
    requested_at: datetime
    lease_until: datetime
    created_at: datetime | None = None
    owner: str = ""
    attempt: str = ""
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
    usage: TokenUsage | None = None
    parent: str = ""
    replaced_by: str = ""
    group: str = ""
    root: str = ""
    tags: Sequence[str] = ()
    starred: bool = False
    inputs: Sequence[InputReference] = ()
    cutout_options: Mapping[str, Any] = field(default_factory=dict)
    original: Original | None = None
    image: ProcessedImage | None = None

    @property
    def new_prompt(self) -> str:
        """The prompt sent to the image model: the subject and the suffix."""
        return join_prompt(self.subject, self.prompt_suffix)

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the images that this one was edited or cut out from, in order."""
        return (self.parent,) if self.parent else image_ids_of(self.inputs)

    @property
    def verdict(self) -> str:
        """The verdict on the stored cutout; "" without a cutout or without a verdict."""
        return self.image.verdict if self.image else ""

    def is_leased(self, now: datetime) -> bool:
        """Return whether a server currently holds the lease of the record."""
        return self.state is State.PENDING and self.lease_until > now

    @property
    def is_finished(self) -> bool:
        """Whether the image exists; another one may have taken its place."""
        return self.state in FINISHED

    @property
    def is_kept(self) -> bool:
        """Whether the image exists, in the list or in the trash."""
        return self.is_finished or self.state is State.TRASHED
