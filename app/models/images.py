"""Images as generated, as originals, as cutouts and as stored objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from app.models.billing import TokenUsage
from app.models.object_keys import ImageFormat

Verdict = Literal["good", "check", "bad"]
"""The verdict on a cutout; see CutoutReport."""
VERDICTS: tuple[str, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedImage:
    """An image model's response.

    `usage` is None if the response does not report it.
    """

    data: bytes
    model: str
    usage: TokenUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The stored image from the model, which never changes.

    Attributes:
        width, height: in pixels.
        content_credentials: whether the file has a C2PA manifest; None if that was not checked.
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
    """The stored cut-out image, made from the original.

    Attributes:
        width, height: in pixels.
        report: what the cutout measured and decided.
    """

    key: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The verdict on the cutout; "" if the report has none."""
        verdict = self.report.get("verdict")
        return verdict if verdict in VERDICTS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An object from the image store.

    Attributes:
        modified: when it was stored, in UTC with whole seconds.
        verified: whether the data have the SHA-256 that the store keeps with the object.
    """

    data: bytes
    content_type: str
    modified: datetime
    verified: bool = False
