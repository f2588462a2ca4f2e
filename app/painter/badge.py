"""Colored fields to put a motif on: a silhouette, a border and what is seen inside."""

from .dice import Dice
from .drawing import INK, Shape, draw_part
from .figure import BLACK, Figure, art, element
from .palette import Palette

_RIMS = ("main", "accent", "accent", "contrast")
_OUTLINE, _STROKE = 10.0, 3.6
_EVERYTHING = "M-150 -150H150V150H-150Z"


def badge(dice: Dice, colors: Palette) -> Figure:
    """Return a field about 200 units wide around the origin."""
    edge, shade = draw_part("badge", dice)
    rim = dice.pick(_RIMS)
    plate = element(edge, fill=colors[rim]) + element(shade, fill=colors[f"{rim}-shade"])
    white = colors["white"]
    style = dice.pick(("white", "ring", "stitched", "plain"))
    if style == "white":
        layers = element(edge, fill=white) + _field(edge, 0.93, dice, colors)
    elif style == "ring":
        ring = _scaled(edge, 0.88, fill=white, stroke=colors[INK])
        layers = plate + ring + _field(edge, 0.82, dice, colors)
    elif style == "stitched":
        thread = _scaled(edge, 0.94, 3.0, stroke=white, stroke_dasharray="9 7.5")
        layers = plate + thread + _field(edge, 0.88, dice, colors)
    else:
        layers = plate + _field(edge, 0.9, dice, colors)
    outline = element(edge, stroke=colors[INK], stroke_width=f"{_OUTLINE:g}")
    silhouette = element(edge, fill=BLACK, stroke=BLACK, stroke_width=f"{_OUTLINE:g}")
    return Figure(outline + layers, silhouette)


def _field(edge: Shape, scale: float, dice: Dice, colors: Palette) -> str:
    """Return an outlined view, such as hills or stripes, inside the scaled edge."""
    view = art(draw_part("fields", dice), colors)
    return (
        f'<clipPath id="field" transform="scale({scale})">{element(edge)}</clipPath>'
        f'<g clip-path="url(#field)"><path fill="{colors["sky"]}" d="{_EVERYTHING}"/>{view}</g>'
        + _scaled(edge, scale, stroke=colors[INK])
    )


def _scaled(edge: Shape, scale: float, width: float = _STROKE, **attributes: str) -> str:
    drawn = element(edge, stroke_width=f"{width / scale:.2f}", **attributes)
    return f'<g transform="scale({scale})">{drawn}</g>'
