"""Small synthetic images whose right cutout is known, and how to look at a result."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

INK = (20, 40, 110)
"""The dark color that subjects are drawn with."""

_FINE = 4  # drawn so many times larger and scaled down, which gives smooth edges


def owl(width: int = 512, height: int = 512, mode: str = "RGB") -> Image.Image:
    """Draw a dark disc with two round white eyes, on white, in the middle of the image."""
    canvas = Image.new("RGB", (width * _FINE, height * _FINE), "white")
    pen = ImageDraw.Draw(canvas)
    middle_x, middle_y = width * _FINE / 2, height * _FINE / 2
    unit = min(width, height) * _FINE / 16
    _disc(pen, middle_x, middle_y, 6 * unit, INK)
    for side in (-2, 2):
        _disc(pen, middle_x + side * unit, middle_y - 2 * unit, 1.3 * unit, (255, 255, 255))
    return canvas.resize((width, height), Image.Resampling.BOX).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Write the image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pixels(png: bytes) -> NDArray[np.int64]:
    """Return a cutout's RGBA values, after checking that it is an RGBA PNG."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        return np.asarray(image).astype(np.int64)


def over(rgba: NDArray[np.int64], backdrop: int) -> NDArray[np.float64]:
    """Return the colors that are seen when the cutout lies on a grey of this level."""
    alpha = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * alpha + backdrop * (1 - alpha))


def _disc(
    pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: tuple[int, int, int]
) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
