"""Small synthetic images with a known cutout, and helpers to inspect results."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.imaging import CutoutOptions, HoleChoice

INK = (20, 40, 110)
"""The dark color of subjects."""

_SCALE = 4  # rendered this much larger and averaged, for smooth edges


def owl(width: int = 512, height: int = 512, mode: str = "RGB") -> Image.Image:
    """Return a dark disc with two round white eyes, centered on white."""
    return _drawn_owl(width, height, mode).copy()


@lru_cache(maxsize=32)
def _drawn_owl(width: int, height: int, mode: str) -> Image.Image:
    canvas = Image.new("RGB", (width * _SCALE, height * _SCALE), "white")
    pen = ImageDraw.Draw(canvas)
    center_x, center_y = width * _SCALE / 2, height * _SCALE / 2
    unit = min(width, height) * _SCALE / 16
    _disc(pen, center_x, center_y, 6 * unit, INK)
    for side in (-2, 2):
        _disc(pen, center_x + side * unit, center_y - 2 * unit, 1.3 * unit, (255, 255, 255))
    return canvas.resize((width, height), Image.Resampling.BOX).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def choose(holes: str) -> CutoutOptions:
    """Return the options that choose enclosed areas, such as `keep:2`."""
    return CutoutOptions(holes=HoleChoice.parse(holes))


def pixels(png: bytes) -> NDArray[np.int64]:
    """Return a cutout's RGBA values, after checking that it is an RGBA PNG."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        return np.asarray(image).astype(np.int64)


def over(rgba: NDArray[np.int64], backdrop: int) -> NDArray[np.float64]:
    """Return the colors of a cutout composited over a gray of this level."""
    alpha = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * alpha + backdrop * (1 - alpha))


def _disc(
    pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: tuple[int, int, int]
) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
