"""Images as pure functions from bytes to bytes: no I/O, no settings, safe in many threads.

Importing this package is cheap; OpenCV, NumPy and Pillow are loaded by the first image.
"""

from collections.abc import Callable

from app.imaging.cutout.report import Cutout, CutoutReport, Holes
from app.imaging.errors import NotAnImage, TooLarge, UnusableImage
from app.imaging.formats.header import MAX_PIXELS, ImageInfo, sniff
from app.imaging.formats.xmp import Provenance
from app.imaging.variants.filters import Filter
from app.imaging.variants.outline_shadow import Outline, Shadow
from app.imaging.variants.values import InvalidVariant
from app.imaging.variants.variant import SIDE, Variant

__all__ = [
    "MAX_PIXELS",
    "SIDE",
    "Cutout",
    "CutoutReport",
    "Filter",
    "Holes",
    "ImageInfo",
    "InvalidVariant",
    "NotAnImage",
    "Outline",
    "Provenance",
    "Shadow",
    "TooLarge",
    "UnusableImage",
    "Variant",
    "cutout",
    "inspect",
    "preview",
    "render_variant",
]


def inspect(data: bytes) -> ImageInfo:
    """Read format and size from the header, without decoding any pixel.

    Raises:
        NotAnImage: neither PNG, WEBP nor JPEG, or cut short.
        TooLarge: more than MAX_PIXELS.
    """
    return sniff(data)


def cutout(
    data: bytes,
    *,
    size: int = 256,
    holes: Holes = "auto",
    origin: Provenance | None = None,
    earlier: bytes = b"",
) -> Cutout:
    """Cut the subject out of a white or one-colored background, fitted into a square and centred.

    An image that has transparency already is only resized; one without a plain background is kept
    whole. The report says either.

    Args:
        data: a PNG, JPEG or WEBP file of up to MAX_PIXELS.
        size: side of the result, in pixels.
        holes: what becomes of enclosed areas of background color.
        origin: what the file shall tell of where it comes from; None: it tells nothing.
        earlier: a file of the same image as it was stored before; what it tells is told again.

    Raises:
        NotAnImage: the bytes are not a whole image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.cutout import pipeline

    return pipeline.cutout(data, size=size, holes=holes, origin=origin, earlier=earlier)


def preview(data: bytes) -> bytes:
    """Cut out an image that isn't finished yet, for someone to look at while it is being drawn.

    Args:
        data: a PNG, JPEG or WEBP file of up to MAX_PIXELS.

    Returns:
        A WEBP file of SIDE x SIDE px, with what `cutout` would find.

    Raises:
        NotAnImage: the bytes are not a whole image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.cutout import preview as previewing

    return previewing.preview(data)


def render_variant(image: bytes, original: Callable[[], bytes], variant: Variant) -> bytes:
    """Show a stored image as the variant says: at another size, in another format, with effects.

    Args:
        image: the cutout as it is stored, a 256x256 RGBA PNG.
        original: fetches what the image was cut from, a PNG, JPEG or WEBP file of up to
            MAX_PIXELS. It is only called where the stored image is not enough: for a square of
            more than 256 px, or when holes are to be cut differently.
        variant: what is wanted.

    Returns:
        A file of the variant's format, of exactly its size, that tells of where it comes from what
        the stored image does, and has no other metadata.

    Raises:
        NotAnImage: the bytes are not a whole image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.variants import render

    return render.render_variant(image, original, variant)
