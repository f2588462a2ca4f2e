"""A look at an image that is not finished yet: cut out like the finished one, and small."""

from app.imaging.cutout.pipeline import separate
from app.imaging.variants.encode import encoded
from app.imaging.variants.variant import SIDE, Variant


def preview(data: bytes) -> bytes:
    """Return a square WEBP of SIDE px with a transparent background."""
    image, _ = separate(data, size=SIDE, holes="auto")
    return encoded(image, Variant(format="webp"))
