"""The cutout pipeline: from an image file to a square RGBA PNG."""

from typing import Any

import numpy.typing as npt

from app.imaging.cutout import compositing, confidence, native_alpha
from app.imaging.cutout.background import Background
from app.imaging.cutout.edges import edge_alpha
from app.imaging.cutout.holes.areas import list_areas
from app.imaging.cutout.mask import Mask, apply_mask
from app.imaging.cutout.matte import Matte, compute_matte
from app.imaging.cutout.options import AUTOMATIC, CutoutOptions
from app.imaging.cutout.quality_metrics import CutoutMeasurements
from app.imaging.cutout.report import Cutout, CutoutReport
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.cutout.shadows import add_shadow
from app.imaging.cutout.surface import level
from app.imaging.formats.decode import decode
from app.imaging.formats.header import ImageFile, header_of, read_file
from app.imaging.formats.png_writer import encode_png
from app.imaging.formats.xmp import Provenance, build_packet, read_packet
from app.imaging.variants.encode import encode
from app.imaging.variants.variant import SIDE, Variant

Array = npt.NDArray[Any]
Result = tuple[Array, CutoutReport]


def cutout(
    data: bytes,
    *,
    size: int = SIDE,
    options: CutoutOptions = AUTOMATIC,
    provenance: Provenance | None = None,
    previous: bytes = b"",
) -> Cutout:
    """See `app.imaging.cutout`."""
    image, report = cut_out_pixels(read_file(data), size=size, options=options)
    xmp = read_packet(previous) or (build_packet(provenance) if provenance else b"")
    return Cutout(encode_png(image, xmp=xmp), size, report)


def preview(data: bytes, *, options: CutoutOptions) -> bytes:
    """See `app.imaging.preview`."""
    image, _ = cut_out_pixels(read_file(data), size=SIDE, options=options)
    return encode(image, Variant(format="webp"))


def cut_out_pixels(file: ImageFile, *, size: int, options: CutoutOptions) -> Result:
    """Cut out and return pixels.

    Args:
        file: a PNG, JPEG or WEBP file, as `read_file` returns it.
        size: side of the result, px.
        options: what the caller decides.

    Returns:
        (size, size, 4) uint8 RGBA with straight alpha, and the report.

    Raises:
        NotAnImage: the file is not a complete image.
    """
    pixels = native_alpha.prepare(decode(file), options)
    if pixels.shape[2] == 4:
        return native_alpha.use_alpha(pixels, size, options)
    width, height = compositing.fit_size(pixels, size)
    image = compositing.resize(pixels, 2 * width, 2 * height)
    leveled = level(image, options)
    if not leveled.background.is_plain:
        image = compositing.to_rgba(compositing.resize(image, width, height))
        image = apply_mask(options.mask, image)
        report = confidence.report_uncut(leveled.background, width * height / size**2)
        return compositing.center(image, size), report
    segmentation = SegmentationOptions.for_header(header_of(file), options)
    out, report = _cut_out(leveled.image, leveled.background, segmentation, size)
    if leveled.offset is not None:
        content = compositing.content_box(height, width, size)
        original = compositing.resize(image, width, height)
        out[content] = leveled.restore(out[content], original)
    return out, report


def _cut_out(
    image: Array, background: Background, options: SegmentationOptions, size: int
) -> Result:
    """Cut out an image with a plain background, of twice the output's size."""
    matte = compute_matte(image, background, options)
    segmentation, (top, bottom, left, right) = matte.segmentation, matte.box
    height, width = (bottom - top) // 2, (right - left) // 2
    alpha = _masked_alpha(matte, options.chosen.mask, image)
    inner = compositing.uncomposite(matte.image, alpha, segmentation.color, width, height)
    if options.chosen.shadow == "keep" and segmentation.shadow:
        inner = add_shadow(inner, segmentation.color, background.color, background.noise)
    content = (image.shape[0] // 2, image.shape[1] // 2)
    margin_y, margin_x = (size - content[0]) // 2, (size - content[1]) // 2
    out = compositing.pad(inner, size, margin_y + top // 2, margin_x + left // 2)
    measured = CutoutMeasurements(
        background=background,
        alpha=out[..., 3],
        holes=segmentation.holes,
        edge_width=matte.edge_width / 2,
        shadow=segmentation.shadow,
        low_contrast=edge_alpha.low_contrast_share(segmentation.distance, segmentation.background),
        areas=list_areas(
            segmentation.regions,
            segmentation.holes,
            left=2 * margin_x + left,
            top=2 * margin_y + top,
            side=2 * size,
        ),
        content_size=content,
    )
    return out, confidence.report_cutout(measured)


def _masked_alpha(matte: Matte, mask_data: bytes, image: Array) -> Array:
    mask = Mask.load(mask_data, image)
    return matte.alpha if mask is None else mask.crop(matte.box).correct_alpha(matte.alpha)
