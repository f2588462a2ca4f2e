"""The cutout: from the bytes of an image to a small square PNG without its background."""

from typing import Any

import numpy.typing as npt

from app.imaging.cutout import background as backdrops
from app.imaging.cutout import compositing, confidence, edge_alpha, quality_metrics
from app.imaging.cutout.background import Background
from app.imaging.cutout.matte import matte
from app.imaging.cutout.report import Cutout, CutoutReport, Holes
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.formats import png_writer
from app.imaging.formats.decode import decode
from app.imaging.formats.header import sniff
from app.imaging.formats.xmp import Provenance, packet, packet_in

Array = npt.NDArray[Any]
Result = tuple[Array, CutoutReport]


def cutout(
    data: bytes,
    *,
    size: int = 256,
    holes: Holes = "auto",
    origin: Provenance | None = None,
    earlier: bytes = b"",
) -> Cutout:
    """Cut the subject out of a white or one-colored background.

    The image is fitted into size x size px and centred. An image that has transparency already
    is only resized; one without a plain background is kept whole. The report says either.

    Args:
        data: a PNG, JPEG or WEBP file of up to 8.3 million pixels.
        size: side of the result, px.
        holes: what becomes of enclosed areas of background color: `keep` takes all for paint,
            `cut` all for holes, `auto` judges each.
        origin: what the file shall tell of where it comes from; None: it tells nothing.
        earlier: a file of the same image as it was stored before; what it tells is told again.

    Raises:
        NotAnImage: the bytes are not a whole image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    image, report = separate(data, size=size, holes=holes)
    xmp = packet_in(earlier) or (packet(origin) if origin else b"")
    return Cutout(png_writer.encode(image, xmp=xmp), size, report)


def separate(data: bytes, *, size: int, holes: Holes) -> Result:
    """The same as pixels: (size, size, 4) uint8 RGBA with straight alpha, and the report."""
    header = sniff(data)
    pixels = decode(data, header)
    fitted = compositing.fitted(pixels, size)
    if pixels.shape[2] == 4:
        return _transparent(compositing.shrink(pixels, *fitted), size)
    work = compositing.shrink(pixels, 2 * fitted[0], 2 * fitted[1])
    back = backdrops.measure(work)
    if not back.plain:
        return _whole(compositing.shrink(work, *fitted), back, size)
    return _cut(work, back, SegmentationOptions.of(header, holes), size)


def _cut(work: Array, back: Background, order: SegmentationOptions, size: int) -> Result:
    """Cut an image out that has a plain background; `work` is twice the output's size."""
    found = matte(work, back, order)
    scene, (top, bottom, left, right) = found.scene, found.box
    height, width = (bottom - top) // 2, (right - left) // 2
    image = compositing.uncomposite(found.inner, found.alpha, scene.color, width, height)
    margin_y, margin_x = (size - work.shape[0] // 2) // 2, (size - work.shape[1] // 2) // 2
    full = compositing.place(image, size, margin_y + top // 2, margin_x + left // 2)
    facts = quality_metrics.CutoutMeasurements(
        back, full[..., 3], scene.verdicts, found.softness / 2, scene.shadow,
        edge_alpha.faint(scene.apart, scene.paper), (work.shape[0] // 2, work.shape[1] // 2),
    )  # fmt: skip
    return full, confidence.judge(facts)


def _transparent(image: Array, size: int) -> Result:
    return compositing.centre(image, size), confidence.passed(image[..., 3], size)


def _whole(image: Array, back: Background, size: int) -> Result:
    full = compositing.centre(compositing.opaque(image), size)
    return full, confidence.whole(back, image.shape[0] * image.shape[1] / size**2)
