"""Make an SVG file of an image, and measure how faithful it is."""

import io
import re
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.imaging.errors import NotVectorizable
from app.imaging.formats.png_writer import encode_png
from app.imaging.variants.premultiply import resize
from app.imaging.vector.flatten import flatten
from app.imaging.vector.tracer import TracedPath, trace

Array = npt.NDArray[Any]

TRACED_SIDE = 1024  # px, the longer side of the image that is traced
MIN_FIDELITY = 22.0  # dB
MAX_REGIONS, MAX_PATHS, MAX_BYTES = 1200, 1500, 500_000
_INSTRUCTION = re.compile(rb"<\?.*?\?>", re.DOTALL)


def encode_svg(image: Array, width: int, height: int, xmp: bytes) -> bytes:
    """Return an SVG file: shapes of flat colors, without scripts, styles and references.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        width: of the file, in CSS pixels.
        height: of the file, in CSS pixels.
        xmp: the packet that states the provenance.

    Raises:
        NotVectorizable: the image has too much detail, or the file would look different.
        TracingTimeout: it took too long.
    """
    flat = flatten(image)
    if flat.regions > MAX_REGIONS:
        raise NotVectorizable(fidelity_of(image, flat.rgba), f"has {flat.regions} regions of color")
    box = (image.shape[1], image.shape[0])
    half = (max(1, box[0] // 2), max(1, box[1] // 2))
    paths, shown = trace(encode_png(flat.rgba, level=1), box, half)
    with Image.open(io.BytesIO(shown)) as rendered:
        fidelity = fidelity_of(image, np.asarray(rendered.convert("RGBA")))
    data = _document(paths, box, (width, height), f"{fidelity:.1f}", xmp)
    if len(paths) > MAX_PATHS or len(data) > MAX_BYTES:
        raise NotVectorizable(fidelity, f"would take {len(paths)} shapes in {len(data) // 1000} KB")
    if not paths and image[..., 3].any():
        raise NotVectorizable(fidelity, "would become an empty file")
    if fidelity < MIN_FIDELITY:
        raise NotVectorizable(fidelity, "would look different")
    return data


def fidelity_of(image: Array, other: Array) -> float:
    """Return the PSNR of another image, in dB, 99 at most, at half of the size.

    Premultiplied colors and opacity are compared, where either image is visible.
    """
    height, width = max(1, image.shape[0] // 2), max(1, image.shape[1] // 2)
    one, two = (_premultiplied(resize(each, width, height)) for each in (image, other))
    visible = (one[..., 3] > 0) | (two[..., 3] > 0)
    if not visible.any():
        return 99.0
    error = float(((one - two)[visible] ** 2).mean())
    return min(99.0, float(-10 * np.log10(error + 1e-12)))


def _premultiplied(rgba: Array) -> Array:
    values = rgba.astype(np.float32) / 255
    values[..., :3] *= values[..., 3:]
    return values


def _document(
    paths: list[TracedPath], box: tuple[int, int], size: tuple[int, int], fidelity: str, xmp: bytes
) -> bytes:
    metadata = _INSTRUCTION.sub(b"", xmp).strip()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' viewBox="0 0 {box[0]} {box[1]}" data-fidelity="{fidelity}">\n'.encode(),
        b"<metadata>" + metadata + b"</metadata>\n" if metadata else b"",
        *(
            f'<path d="{each.data.strip()}" fill="#{each.color.lower()}"'
            f' transform="translate({each.left},{each.top})"/>\n'.encode()
            for each in paths
        ),
        b"</svg>\n",
    ]
    return b"".join(parts)
