"""Badges behind a motif: a silhouette with a border and a background."""

from .dice import Dice
from .drawing import INK, Shape, draw_part
from .figure import BLACK, Figure, art, element
from .palette import Palette

_RIMS = ("main", "accent", "accent", "contrast")
_OUTLINE, _STROKE = 10.0, 3.6
_EVERYTHING = "M-150 -150H150V150H-150Z"


def badge(dice: Dice, colors: Palette) -> Figure:
    """Return a badge about 200 units wide around the origin."""
    edge, shade = draw_part("badge", dice)
    rim, ink, white = dice.pick(_RIMS), colors[INK], colors["white"]
    plate = element(edge, colors[rim]) + element(shade, colors[f"{rim}-shade"])
    style = dice.pick(("white", "ring", "stitched", "plain"))
    if style == "white":
        layers = element(edge, white) + _field(edge, 0.93, dice, colors)
    elif style == "ring":
        ring = element(edge, white, ink, _STROKE / 0.88)
        layers = plate + _scaled(ring, 0.88) + _field(edge, 0.82, dice, colors)
    elif style == "stitched":
        thread = element(edge, "", white, 3.2, ' stroke-dasharray="9 7.5"')
        layers = plate + _scaled(thread, 0.94) + _field(edge, 0.88, dice, colors)
    else:
        layers = plate + _field(edge, 0.9, dice, colors)
    outline = element(edge, "", ink, _OUTLINE)
    return Figure(outline + layers, element(edge, BLACK, BLACK, _OUTLINE))


def _field(edge: Shape, scale: float, dice: Dice, colors: Palette) -> str:
    """Return an outlined scene, such as hills, inside the scaled edge."""
    view = art(draw_part("fields", dice), colors)
    outline = element(edge, "", colors[INK], _STROKE / scale)
    return (
        f'<clipPath id="field" transform="scale({scale})">{element(edge, BLACK)}</clipPath>'
        f'<g clip-path="url(#field)"><path fill="{colors["sky"]}" d="{_EVERYTHING}"/>{view}</g>'
        + _scaled(outline, scale)
    )


def _scaled(markup: str, scale: float) -> str:
    return f'<g transform="scale({scale})">{markup}</g>'
