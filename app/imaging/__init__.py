"""Image processing as pure functions from bytes to bytes.

There is no I/O and no state, so all functions are thread-safe.
Importing this package is cheap. OpenCV, NumPy and Pillow are loaded with the first image.
"""

from collections.abc import Callable

from app.imaging.cutout.options import (
    AUTOMATIC,
    CutoutOptions,
    HoleChoice,
    InvalidOption,
    VariantSource,
)
from app.imaging.cutout.report import Cutout, CutoutReport, EnclosedArea
from app.imaging.errors import (
    NotAnImage,
    NotVectorizable,
    TooLarge,
    TracingTimeout,
    UnusableImage,
)
from app.imaging.exports.export import Export
from app.imaging.formats.header import MAX_PIXELS, ImageInfo, header_of, read_file
from app.imaging.formats.xmp import Provenance
from app.imaging.variants.filters import Filter
from app.imaging.variants.outline_shadow import Outline, Shadow
from app.imaging.variants.values import InvalidVariant
from app.imaging.variants.variant import SIDE, Variant

__all__ = [
    "AUTOMATIC",
    "MAX_PIXELS",
    "SIDE",
    "Cutout",
    "CutoutOptions",
    "CutoutReport",
    "EnclosedArea",
    "Export",
    "Filter",
    "HoleChoice",
    "ImageInfo",
    "InvalidOption",
    "InvalidVariant",
    "NotAnImage",
    "NotVectorizable",
    "Outline",
    "Provenance",
    "Shadow",
    "TooLarge",
    "TracingTimeout",
    "UnusableImage",
    "Variant",
    "VariantSource",
    "check_edit_mask",
    "cutout",
    "inspect",
    "lay_on_white",
    "normalize_mask",
    "preview",
    "reduce_to_jpeg",
    "render_opaque",
    "render_variant",
]


def inspect(data: bytes) -> ImageInfo:
    """Read format and size from the header; only a file without its end is decoded.

    Raises:
        NotAnImage: neither PNG, WEBP nor JPEG, or more than 3 % of the pixels are missing.
        TooLarge: more than MAX_PIXELS.
    """
    file = read_file(data)
    header = header_of(file)
    if header.truncated:
        from app.imaging.formats.decode import decode

        decode(file)
    return header


def cutout(
    data: bytes,
    *,
    size: int = SIDE,
    options: CutoutOptions = AUTOMATIC,
    provenance: Provenance | None = None,
    previous: bytes = b"",
) -> Cutout:
    """Cut the subject out of a plain background and fit it into a square.

    An image that is transparent already is only resized, and one without a plain background is
    kept whole; the report says so.

    Args:
        data: a PNG, JPEG or WEBP file of up to MAX_PIXELS.
        size: side of the result, in pixels.
        options: what the caller decides, such as how to treat enclosed areas.
        provenance: the origin to state in the file's metadata, if any.
        previous: the file stored for this image before; its metadata is copied instead.

    Raises:
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.cutout import pipeline

    return pipeline.cutout(
        data, size=size, options=options, provenance=provenance, previous=previous
    )


def normalize_mask(data: bytes, *, width: int, height: int) -> bytes:
    """Reduce a caller's mask, for `CutoutOptions`, to what it decides; b"" if that is nothing.

    Args:
        data: a PNG file, gray or in color, with or without alpha: black erases, white restores.
        width: of the original, in pixels.
        height: of the original, in pixels.

    Returns:
        A gray PNG of at most 128 KiB: 0 erases, 128 leaves, 255 restores.

    Raises:
        InvalidOption: the file can't be decoded, is larger than the original, or too detailed.
    """
    from app.imaging.cutout import mask

    return mask.normalize_mask(data, width=width, height=height)


def preview(data: bytes, *, options: CutoutOptions = AUTOMATIC) -> bytes:
    """Cut out a partial image, for display during the generation.

    Args:
        data: a PNG, JPEG or WEBP file of up to MAX_PIXELS.
        options: as for the final image.

    Returns:
        A WEBP file of SIDE x SIDE px, equal to the result of `cutout` except for compression.

    Raises:
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.cutout import pipeline

    return pipeline.preview(data, options=options)


def lay_on_white(data: bytes) -> bytes:
    """Return an image on white, as a PNG; the same bytes if it is opaque.

    Raises:
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging import edit_inputs

    return edit_inputs.lay_on_white(data)


def reduce_to_jpeg(data: bytes) -> bytes:
    """Return a small copy of an image, on white: a JPEG of at most 1024 x 1024 pixels.

    Raises:
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging import edit_inputs

    return edit_inputs.reduce_to_jpeg(data)


def check_edit_mask(data: bytes, *, width: int, height: int) -> None:
    """Check a mask whose transparent pixels say where an image model redraws an image.

    Raises:
        InvalidOption: it is no PNG of this size, in pixels, with transparent ones; or too large.
    """
    from app.imaging import edit_inputs

    edit_inputs.check_edit_mask(data, width=width, height=height)


def render_variant(
    image: bytes, source: Callable[[], VariantSource], variant: Variant | Export
) -> bytes:
    """Render a stored image in another size or format or with effects, or make an export of it.

    Args:
        image: the cutout as it is stored, a 256x256 RGBA PNG.
        source: fetches the file that the image was cut from, a PNG, JPEG or WEBP of up to
            MAX_PIXELS, and the options of its cutout. It is only called if the stored image is not
            sufficient: for a square of more than 256 px, or if the variant decides about holes or
            shadows.
        variant: size, format and effects, or the kind of export.

    Returns:
        A file of the variant's format and exact size, which states the stored image's provenance
        and has no other metadata; or the export.

    Raises:
        InvalidVariant: the variant names an area that the image doesn't have.
        NotVectorizable: an SVG file of it would be large, or look different.
        TracingTimeout: it took too long.
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    if isinstance(variant, Export):
        from app.imaging.exports import render as exports

        return exports.render_export(image, source, variant)
    from app.imaging.variants import render

    return render.render_variant(image, source, variant)


def render_opaque(image: bytes, original: bytes, variant: Variant) -> bytes:
    """Render an original as it was drawn, on white, in another size or format.

    Args:
        image: the stored cutout, whose provenance the result states.
        original: a PNG, JPEG or WEBP file of up to MAX_PIXELS.
        variant: size, format and quality. The original is fitted into the size; the rest is white.

    Returns:
        A file of the variant's format and exact size: the original itself if it is one.

    Raises:
        NotAnImage: the bytes are not a complete image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    from app.imaging.variants import opaque

    return opaque.render_opaque(image, original, variant)
