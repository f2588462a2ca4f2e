"""Rendering of SVG markup to pixels with resvg."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter
from resvg import render, usvg

# Silhouettes are measured in a square around the origin: its side in units and in pixels.
_SPAN, _GRID = 500.0, 200
_STEP = _SPAN / _GRID
_MARGIN = 6.0  # units around an emblem, more than the error of a measurement
_DRAFT_SIDE = 512  # px, of the longer side: enough for a preview
_SOFTEST = 24.0  # px, the radius of the blur that is halved from draft to draft


@dataclass(frozen=True)
class Extent:
    """A bounding box, in units."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def span(self) -> float:
        """The longer side."""
        return max(self.right - self.left, self.bottom - self.top)


class OccupiedArea:
    """The area that a silhouette and claimed discs cover."""

    def __init__(self, silhouette: str) -> None:
        corner = -_SPAN / 2
        view = Extent(corner, corner, -corner, -corner)
        self._covered = _render(silhouette, view, (_GRID, _GRID)).getchannel("A")
        box = self._covered.point(lambda opacity: 255 * (opacity > 127)).getbbox()
        self.extent = Extent(*(corner + side * _STEP for side in box)) if box else view

    def claim(self, x: float, y: float, radius: float) -> bool:
        """Cover the disc around (x, y) if it is free; return whether it was."""
        sides = (x - radius, y - radius, x + radius, y + radius)
        left, top, right, bottom = (round((side + _SPAN / 2) / _STEP) for side in sides)
        disc = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
        under = self._covered.crop((left, top, right, bottom))
        if ImageChops.multiply(under, disc).getbbox():
            return False
        self._covered.paste(255, (left, top), disc)
        return True


def cut_out(markup: str, extent: Extent, longer_side: float) -> Image.Image:
    """Render the markup as RGBA, cropped, with this longer side in pixels."""
    left, top = extent.left - _MARGIN, extent.top - _MARGIN
    view = Extent(left, top, extent.right + _MARGIN, extent.bottom + _MARGIN)
    unit = longer_side / extent.span
    size = round((view.right - left) * unit), round((view.bottom - top) * unit)
    image = _render(markup, view, size)
    return image.crop(image.getchannel("A").getbbox())


def _render(markup: str, view: Extent, size: tuple[int, int]) -> Image.Image:
    wide, high = view.right - view.left, view.bottom - view.top
    tree = usvg.Tree.from_str(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' viewBox="{view.left:.3f} {view.top:.3f} {wide:.3f} {high:.3f}" fill="none"'
        ' preserveAspectRatio="none" stroke-linecap="round" stroke-linejoin="round">'
        f"{markup}</svg>",
        usvg.Options.default(),
    )
    with Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))) as image:
        return image.convert("RGBA")


def to_png(image: Image.Image, compress_level: int = 3) -> bytes:
    """Return the image as a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def drafts(png: bytes, count: int) -> Iterator[bytes]:
    """Yield `count` RGB PNGs of the image, each sharper than the one before.

    Transparency becomes white.
    """
    if not count:
        return
    with Image.open(io.BytesIO(png)) as opened:
        small = Image.new("RGB", opened.size, "white")
        small.paste(opened, mask=opened if opened.mode == "RGBA" else None)
    small.thumbnail((_DRAFT_SIDE, _DRAFT_SIDE))
    for index in range(count):
        blurred = small.filter(ImageFilter.GaussianBlur(_SOFTEST / 2**index))
        yield to_png(blurred, compress_level=1)
