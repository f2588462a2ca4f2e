"""From operations to pixels: drawn large as colour numbers, then reduced to smooth RGB."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from .geometry import Path, Point
from .pen import strokes
from .silhouette import bounds
from .sketch import Clip, Fill, Line, Operation, Sketch

# Rows coloured and reduced at a time: a band of this height stays in the processor's cache.
_BAND = 32

Dots = list[tuple[int, int]]


@dataclass(frozen=True)
class Frame:
    """Where the plane of a sketch lies on a large canvas: pixels a unit, and the origin's place."""

    scale: float
    left: float
    top: float

    def dots(self, path: Path) -> Dots:
        """Round to whole pixels, which also hides the last digit of a platform's sine."""
        return [
            (round(self.left + x * self.scale), round(self.top + y * self.scale)) for x, y in path
        ]

    def spot(self, point: Point) -> Point:
        """Return where a point lies, in pixels."""
        return self.left + point[0] * self.scale, self.top + point[1] * self.scale

    def shifted(self, dx: int, dy: int) -> "Frame":
        """Return the frame as seen from a crop that starts at (dx, dy)."""
        return Frame(self.scale, self.left - dx, self.top - dy)


def render(sketch: Sketch, colors: bytes, width: int, height: int, share: float) -> bytes:
    """Return a PNG with the sketch centred, its longer side `share` (0..1) of the shorter side."""
    (x0, y0), (x1, y1) = bounds(sketch)
    side = min(width, height)
    zoom = _oversampling(side)
    unit = share * side / max(x1 - x0, y1 - y0)
    # An even number of pixels, as wide canvases are even: the emblem sits in the very middle.
    wide, high = (2 * (round(unit * span / 2) + 1) for span in (x1 - x0, y1 - y0))
    scale = unit * zoom
    frame = Frame(
        scale, wide * zoom / 2 - scale * (x0 + x1) / 2, high * zoom / 2 - scale * (y0 + y1) / 2
    )
    large = Image.new("L", (wide * zoom, high * zoom), 0)
    _draw(large, frame, sketch.operations)
    large.putpalette(colors)
    picture = Image.new("RGB", (width, height), (255, 255, 255))
    left, top = (width - wide) // 2, (height - high) // 2
    for row in range(0, high, _BAND):
        band = large.crop((0, row * zoom, large.width, min(row + _BAND, high) * zoom))
        picture.paste(band.convert("RGB").reduce(zoom), (left, top + row))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _oversampling(side: int) -> int:
    """Smaller pictures need finer edges; larger ones would take too much memory."""
    return 8 if side <= 256 else 4 if side <= 700 else 3 if side <= 1400 else 2


def _draw(canvas: Image.Image, frame: Frame, operations: Sequence[Operation]) -> None:
    pen = ImageDraw.Draw(canvas)
    for operation in operations:
        if isinstance(operation, Fill):
            pen.polygon(frame.dots(operation.path), fill=operation.color)
        elif isinstance(operation, Line):
            _stroke(pen, frame, operation)
        else:
            _draw_inside(canvas, frame, operation)


def _stroke(pen: ImageDraw.ImageDraw, frame: Frame, line: Line) -> None:
    wide = max(1.0, line.width * frame.scale)
    strips, discs = strokes([frame.spot(point) for point in line.path], wide)
    for strip in strips:
        pen.polygon([(round(x), round(y)) for x, y in strip], fill=line.color)
    radius = wide / 2
    for x, y in discs:
        corners = (round(x - radius), round(y - radius), round(x + radius), round(y + radius))
        pen.ellipse(corners, fill=line.color)


def _draw_inside(canvas: Image.Image, frame: Frame, clip: Clip) -> None:
    dots = frame.dots(clip.path)
    xs, ys = [x for x, _ in dots], [y for _, y in dots]
    left, top = max(min(xs), 0), max(min(ys), 0)
    right, low = min(max(xs) + 1, canvas.width), min(max(ys) + 1, canvas.height)
    if left >= right or top >= low:
        return
    part = canvas.crop((left, top, right, low))
    mask = Image.new("1", part.size, 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in dots], fill=1)
    _draw(part, frame.shifted(left, top), clip.inner)
    canvas.paste(part, (left, top), mask)
