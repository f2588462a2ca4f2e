"""From SVG markup to pixels, by resvg."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter
from resvg import render as render_tree
from resvg import usvg

# A silhouette is measured in a square of this side around the origin, in units, drawn so large.
_REACH, _GRID = 500.0, 200
_STEP = _REACH / _GRID
_MARGIN = 6.0  # units around an emblem, more than a measurement can be wrong by
_DRAFT_SIDE = 512  # px, of the longer side: enough for a preview
_SOFTEST = 24.0  # px, the radius of the blur that is halved from draft to draft


@dataclass(frozen=True)
class Extent:
    """The box around something, in units."""

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


class Ground:
    """What a silhouette covers, and which room it leaves."""

    def __init__(self, silhouette: str) -> None:
        view = Extent(-_REACH / 2, -_REACH / 2, _REACH / 2, _REACH / 2)
        self._covered = _render(silhouette, view, (_GRID, _GRID)).getchannel("A")
        left, top, right, bottom = self._covered.point(lambda a: 255 * (a > 127)).getbbox() or (
            0,
            0,
            _GRID,
            _GRID,
        )
        self.extent = Extent(*(side * _STEP - _REACH / 2 for side in (left, top, right, bottom)))

    def take(self, x: float, y: float, radius: float) -> bool:
        """Cover the disc around (x, y) if it is free, and return whether it was."""
        sides = (x - radius, y - radius, x + radius, y + radius)
        left, top, right, bottom = (round((side + _REACH / 2) / _STEP) for side in sides)
        disc = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
        under = self._covered.crop((left, top, right, bottom))
        if ImageChops.multiply(under, disc).getbbox():
            return False
        self._covered.paste(255, (left, top), disc)
        return True


def cut_out(markup: str, extent: Extent, longer_side: float) -> Image.Image:
    """Return an RGBA image of the markup, cropped to it, its longer side so many pixels."""
    unit = longer_side / extent.span
    view = Extent(
        extent.left - _MARGIN,
        extent.top - _MARGIN,
        extent.right + _MARGIN,
        extent.bottom + _MARGIN,
    )
    size = round((view.right - view.left) * unit), round((view.bottom - view.top) * unit)
    image = _render(markup, view, size)
    return image.crop(image.getchannel("A").getbbox())


def _render(markup: str, view: Extent, size: tuple[int, int]) -> Image.Image:
    width, height = size
    box = f"{view.left:.3f} {view.top:.3f} {view.right - view.left:.3f} {view.bottom - view.top:.3f}"
    tree = usvg.Tree.from_str(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="{box}" preserveAspectRatio="none" fill="none" stroke-linecap="round"'
        f' stroke-linejoin="round">{markup}</svg>',
        usvg.Options.default(),
    )
    png = render_tree(tree, (1, 0, 0, 0, 1, 0))
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGBA")


def to_png(image: Image.Image, compress_level: int = 3) -> bytes:
    """Return the image as a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def drafts(png: bytes, count: int) -> Iterator[bytes]:
    """Yield `count` RGB PNGs of the image, each sharper than the one before."""
    if not count:
        return
    with Image.open(io.BytesIO(png)) as opened:
        small = opened.convert("RGB")
    small.thumbnail((_DRAFT_SIDE, _DRAFT_SIDE))
    for index in range(count):
        blurred = small.filter(ImageFilter.GaussianBlur(_SOFTEST / 2**index))
        yield to_png(blurred, compress_level=1)
