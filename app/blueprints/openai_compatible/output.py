"""What a response of OpenAI's API contains of an image: its bytes or its URL."""

from dataclasses import dataclass
from typing import Literal

from app.blueprints.dependencies import deps
from app.blueprints.serializers import public_base_url
from app.errors import AppError
from app.imaging import Variant
from app.models import ImageRecord, object_keys

MIN_SIDE, MAX_SIDE = 256, 2048
"""The sides of an image, in pixels."""

_URL_SECONDS = 3600  # as long as OpenAI's own


@dataclass(frozen=True, kw_only=True)
class ImageOutput:
    """The form in which images are returned.

    Attributes:
        size: such as `512x512`, or `auto` for the size of the original.
        format: the file format.
        quality: 1..100, of a WEBP or JPEG.
        is_opaque: whether to return the original as it was drawn instead of the cutout.
        as_url: whether to return a URL instead of the bytes.
    """

    size: str
    format: Literal["png", "webp", "jpeg"]
    quality: int
    is_opaque: bool
    as_url: bool

    @property
    def background(self) -> Literal["transparent", "opaque"]:
        """The background of the returned images."""
        return "opaque" if self.is_opaque or self.format == "jpeg" else "transparent"

    def size_of(self, record: ImageRecord) -> tuple[int, int]:
        """Return width and height of the returned image of a record, in pixels."""
        if self.size != "auto":
            width, _, height = self.size.partition("x")
            return int(width), int(height)
        source = record.original or record.image
        sides = (source.width, source.height) if source else (MIN_SIDE, MIN_SIDE)
        return min(sides[0], MAX_SIDE), min(sides[1], MAX_SIDE)

    def _variant(self, record: ImageRecord) -> Variant:
        width, height = self.size_of(record)
        quality = None if self.format == "png" else self.quality
        return Variant(width=width, height=height, format=self.format, quality=quality)

    def render(self, record: ImageRecord) -> bytes:
        """Return the bytes of an image.

        Raises:
            AppError: they can't be read or rendered; it says what the image has cost.
        """
        variant = self._variant(record)
        try:
            if self.is_opaque:
                return deps().variants.fetch_opaque(record.id, variant)
            name = variant.canonical()
            return deps().variants.fetch(record.id, variant, name, admit=_admit).data
        except AppError as error:
            error.charged = error.charged or record.charged
            raise

    def url(self, record: ImageRecord) -> str:
        """Return the URL of an image, signed for an hour if variants need a signature."""
        query = self._variant(record).canonical()
        if query and deps().signer.keys:
            signature = deps().signer.sign(record.id, query, seconds=_URL_SECONDS)
            query = f"{query}&expires={signature.expires}&sig={signature.sig}"
        address = public_base_url(deps()) + object_keys.image_path(record.id)
        return f"{address}?{query}" if query else address


def _admit() -> None:
    """Count no variant: the request has been counted as a generation."""
