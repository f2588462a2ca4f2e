"""An image with enclosed areas of known numbers."""

import functools
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from tests.support.images.sample_images import encoded

PLACES = ((130, 260), (330, 190), (330, 300), (230, 380))
"""The centers of the areas 1 to 4, x and y on a side of 512 px."""
RADII = (60, 40, 40, 12)
_INVISIBLE = (240, 140, 5)


@functools.cache
def panel(width: int = 512, height: int = 512, *, scale: int = 1, shadow: bool = False) -> bytes:
    """Return a colored panel with four round white areas and an invisible one, on white.

    Args:
        width: of the image, px, before scaling.
        height: of the image; the panel is centered.
        scale: factor of all lengths.
        shadow: whether the panel casts a soft shadow downwards.
    """
    canvas = Image.new("RGB", (width * scale, height * scale), "white")
    pen = ImageDraw.Draw(canvas)
    left, top = (width - 512) // 2, (height - 512) // 2

    def box(x: int, y: int, right: int, bottom: int) -> list[tuple[int, int]]:
        corners = ((left + x, top + y), (left + right, top + bottom))
        return [(scale * x, scale * y) for x, y in corners]

    if shadow:
        shade = Image.new("L", canvas.size, 255)
        ImageDraw.Draw(shade).rectangle(box(60, 90, 440, 462), fill=150)
        canvas.paste(shade.filter(ImageFilter.GaussianBlur(12 * scale)))
    pen.rounded_rectangle(box(40, 60, 460, 440), 30 * scale, fill=(180, 60, 90))
    discs = [(x, y, radius) for (x, y), radius in zip(PLACES, RADII, strict=True)]
    for x, y, radius in (*discs, _INVISIBLE):
        pen.ellipse(box(x - radius, y - radius, x + radius, y + radius), fill="white")
    return encoded(canvas)


def opacities(rgba: Any) -> list[int]:
    """Return the alpha in the center of each area, from the (side, side, 4) pixels of an image.

    Areas that are kept have 255, and those that are cut have 0.
    """
    side = len(rgba)
    return [int(rgba[y * side // 512, x * side // 512, 3]) for x, y in PLACES]
