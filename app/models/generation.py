"""Generations, the images that come of them, and pages of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.errors import Charged
from app.models.billing import TokenUsage
from app.models.object_keys import ImageFormat
from app.models.prompts import join_prompt


class State(StrEnum):
    """Where a generation stands."""

    PENDING = "pending"  # asked for; perhaps being drawn, perhaps cut off
    READY = "ready"  # image stored
    FAILED = "failed"  # ended without a usable image
    UNKNOWN = "unknown"  # sent, but nobody knows whether it was drawn and paid for
    DELETED = "deleted"  # being removed; or removed, and remembered for its key only


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """A validated request for an image, carried from the view to the provider.

    The view fills in what the caller sent; the use case completes it before drawing.

    Attributes:
        first_prompt: the caller's prompt, verbatim.
        prompt: the same without surrounding space.
        enhance: whether the text model enriches the prompt first.
        quality: how much work the model puts in; "" means the server's setting, until completed.
        size: in pixels, as `1024x1024`.
        partial_images: how many unfinished images to send while drawing, 0 to 3. Each costs
            something, and the model may send fewer.
        subject: what to draw: the prompt, enhanced if asked for; "" until completed.
        prompt_suffix: the sentence on the background that follows it; "" until completed.
    """

    first_prompt: str
    prompt: str
    enhance: bool = False
    quality: str = ""
    size: str
    partial_images: int = 0
    subject: str = ""
    prompt_suffix: str = ""

    @property
    def new_prompt(self) -> str:
        """The text that is drawn."""
        return join_prompt(self.subject, self.prompt_suffix)

    @property
    def asked(self) -> dict[str, object]:
        """What the caller asked for: equal for requests that stand for the same image."""
        return {
            "first_prompt": self.first_prompt,
            "prompt": self.prompt,
            "enhance": self.enhance,
            "quality": self.quality,
            "size": self.size,
        }

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of `asked`, which an Idempotency-Key is bound to."""
        canonical = json.dumps(self.asked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedImage:
    """What an image model answered: the bytes as they came, and who drew them.

    `usage` is what that used; None if the model doesn't tell.
    """

    data: bytes
    model: str
    usage: TokenUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The image as it was bought; never changed. `width` and `height` in pixels.

    `content_credentials` tells whether it has a C2PA manifest; None if nobody has looked.
    """

    key: str
    format: ImageFormat
    width: int
    height: int
    size_bytes: int
    sha256: str
    content_credentials: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedImage:
    """The cut-out image made from the original. `width` and `height` in pixels."""

    key: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One row of the records: what was asked, what was drawn, and how it ended.

    Times are UTC with whole milliseconds, which is what every store can keep. `created_at` is when
    the image had been drawn, so that new rows appear at the head of the list. `tokens` are
    the folded words of the prompts, for searching. `owner` is the id of the Caller who asked.
    `claim` stands for caller and Idempotency-Key; no two rows have the same. While a row is
    pending, whoever set `lease_until` works on it; once that time is over, anyone may take it over.
    `charged` is `no` in a pending row until the paid call may have begun.

    Money is in millionths of a US dollar. `cost_micros` is what drawing and enhancing cost, None if
    nobody knows, or not yet. `text_micros` is what enhancing cost, or
    at most may have. `booked_micros` is what the ledger counts for this row at present.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A stored object with its type and the time it was stored (UTC, whole seconds)."""

    data: bytes
    content_type: str
    modified: datetime
