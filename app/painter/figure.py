"""Shapes as SVG markup, in colors, with rims around them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .drawing import INK, Shape
from .palette import Palette

# Lines in ink have a rim. Thinner ones, such as whiskers and spokes, would turn into cables; lines
# in other colors lie on top of ink, or inside.
_HAIR = 3.0
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


@dataclass(frozen=True)
class Spot:
    """Where a drawing's origin lies in an emblem, and how large the drawing is there."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    def hold(self, markup: str) -> str:
        """Return the markup moved and scaled to here."""
        transform = f"translate({self.x:.2f} {self.y:.2f}) scale({self.scale:.4f})"
        return f'<g transform="{transform}">{markup}</g>'


def figure(
    shapes: Sequence[Shape], colors: Palette, spot: Spot = Spot(), rims: Sequence[Rim] = ()
) -> Figure:
    """Return the shapes on top of their rims, the outermost of which comes first."""
    under = (_grown(shapes, colors[tone], reach / spot.scale) for tone, reach in rims)
    widest = max((reach for _, reach in rims), default=0.0)
    return Figure(
        spot.hold("".join((*under, art(shapes, colors) if colors else ""))),
        spot.hold(_grown(map(_closed, shapes), BLACK, widest / spot.scale)),
    )


def element(shape: Shape, **attributes: str) -> str:
    """Return a shape's geometry as an element with other attributes; `_` stands for `-`."""
    drawn = {"transform": shape.transform} if shape.transform else {}
    drawn.update(attributes)
    text = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in drawn.items())
    return f"<{shape.geometry} {text}/>"


def art(shapes: Iterable[Shape], colors: Palette) -> str:
    """Return the markup of the shapes in colors."""
    return "".join(
        element(
            shape,
            **({"fill": colors[shape.fill]} if shape.fill else {}),
            **(
                {"stroke": colors[shape.stroke], "stroke_width": f"{shape.width:g}"}
                if shape.stroke
                else {}
            ),
        )
        for shape in shapes
    )


def _closed(shape: Shape) -> Shape:
    """Return the shape, filled if it is the edge of a hole: no ornament belongs in there."""
    return shape if shape.has_rim else replace(shape, fill=BLACK)


def _grown(shapes: Iterable[Shape], color: str, reach: float) -> str:
    """Return the silhouette of the shapes, grown outwards by `reach`."""
    edges: dict[tuple[str, str], Shape] = {}
    for shape in shapes:
        key = shape.geometry, shape.transform
        has_rim = shape.stroke == INK and shape.has_rim and shape.width >= _HAIR
        known = edges.get(key, Shape("", width=0.0))
        edges[key] = replace(
            shape,
            fill=shape.fill or known.fill,
            stroke=color if has_rim else known.stroke,
            width=max(shape.width if has_rim else 0.0, known.width),
        )
    lines = (s for s in edges.values() if s.fill or s.stroke)
    inner = "".join(
        element(
            shape,
            **({"stroke_width": f"{shape.width + 2 * reach:.2f}"} if shape.stroke else {}),
            **({} if shape.fill else {"fill": "none"}),
            **({} if shape.stroke else {"stroke": "none"}),
        )
        for shape in lines
    )
    return f'<g fill="{color}" stroke="{color}">{inner}</g>'
