"""Shapes as SVG markup, in colors, with rims around them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .drawing import INK, Shape
from .palette import Palette

# Lines in ink have a rim from this width on. A rim would make thinner ones, such as whiskers and
# spokes, look like cables; lines in other colors lie on top of ink, or inside.
_MIN_RIMMED_WIDTH = 3.0
BLACK = "#000000"

Rim = tuple[str, float]  # a tone and how far it reaches beyond the shapes


@dataclass(frozen=True)
class Figure:
    """Markup of a part of an emblem, and its silhouette in black."""

    markup: str
    silhouette: str

    def __add__(self, other: "Figure") -> "Figure":
        """Return this figure with the other one on top of it."""
        return Figure(self.markup + other.markup, self.silhouette + other.silhouette)

    def moved(self, x: float, y: float, scale: float) -> "Figure":
        """Return the figure scaled, and its origin moved to (x, y)."""
        group = f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.4f})">'
        return Figure(f"{group}{self.markup}</g>", f"{group}{self.silhouette}</g>")


def figure(shapes: Sequence[Shape], colors: Palette, rims: Sequence[Rim] = ()) -> Figure:
    """Return the shapes on top of their rims; the outermost rim is first."""
    under = "".join(_grown(shapes, colors[tone], reach) for tone, reach in rims)
    widest = max((reach for _, reach in rims), default=0.0)
    # Holes are filled in the silhouette, so that no ornament is placed in one.
    closed = (shape if shape.has_rim else replace(shape, fill=INK) for shape in shapes)
    return Figure(under + art(shapes, colors), _grown(closed, BLACK, widest))


def art(shapes: Iterable[Shape], colors: Palette) -> str:
    """Return the markup of the shapes in colors."""
    return "".join(
        element(s, s.fill and colors[s.fill], s.stroke and colors[s.stroke], s.width)
        for s in shapes
    )


def element(shape: Shape, fill: str, stroke: str = "", width: float = 0, extra: str = "") -> str:
    """Return a shape as an element with a fill and a stroke, "" for none."""
    drawn = f' fill="{fill}"' if fill else ""
    drawn += f' stroke="{stroke}" stroke-width="{width:.4g}"' if stroke else ""
    return f"<{shape.geometry}{drawn}{extra}/>"


def _grown(shapes: Iterable[Shape], color: str, reach: float) -> str:
    """Return the silhouette of the shapes, grown outwards by `reach`."""
    edges: dict[str, tuple[bool, float]] = {}
    for shape in shapes:
        filled, width = edges.get(shape.geometry, (False, 0.0))
        if shape.stroke == INK and shape.has_rim and shape.width >= _MIN_RIMMED_WIDTH:
            width = max(width, shape.width)
        edges[shape.geometry] = filled or bool(shape.fill), width
    return "".join(
        element(Shape(geometry), filled * color, bool(width) * color, width + 2 * reach)
        for geometry, (filled, width) in edges.items()
        if filled or width
    )
