"""Composition of an emblem: motif, outline, badge and ornaments."""

from collections.abc import Sequence
from dataclasses import dataclass

from .badge import badge
from .dice import Dice
from .drawing import INK, Shape, draw, draw_part
from .figure import Figure, Rim, figure
from .palette import OFF_WHITE, ColorHint, Palette, palette
from .prompt_reader import Subject
from .raster import Extent, OccupiedArea
from .vocabulary import INVENTED, MOTIFS, Motif

_OUTLINE: tuple[Rim, ...] = ((INK, 3.4),)
_STICKER: tuple[Rim, ...] = ((INK, 15.5), ("white", 12.5))
# Rims of smaller motifs, in units of the emblem, independent of the motif's scale.
_INSET: tuple[Rim, ...] = ((INK, 11.5), ("white", 7.0), (INK, 2.0))
_ON_BADGE: tuple[Rim, ...] = (("white", 5.5), (INK, 2.2))
_OVER_BADGE: tuple[Rim, ...] = ((INK, 8.5), *_ON_BADGE)
_ORNAMENT_SIZE = 9.0  # units to each side, in parts/ornaments.svg
_ORNAMENT_ROLES = ("main", "accent", "contrast", "glow", "blush", "aqua")


@dataclass(frozen=True)
class Emblem:
    """A finished drawing, its bounding box, and the name of its main motif."""

    motif: str
    markup: str
    extent: Extent


def compose(subject: Subject, dice: Dice, white: str = OFF_WHITE) -> Emblem:
    """Draw the subject, or an invented motif if it names none; `white` is the color of white."""
    parts = dice.branch("composition")
    motif = MOTIFS[subject.motif or parts.pick(INVENTED)]
    hint = subject.color or motif.natural_color(dice)
    colors = palette(dice.branch("palette"), hint, white)
    shapes = draw(motif.name, parts.branch("motif"))
    layout = parts.pick(("solo", "solo", "badge", "badge", "sticker")) if motif.framed else "solo"
    if subject.companion:
        other = MOTIFS[subject.companion]
        drawn = _pair(shapes, colors, other, subject.companion_color, dice.branch("companion"))
    elif layout == "badge":
        drawn = _on_badge(shapes, colors, parts.branch("badge"))
    else:
        drawn = figure(shapes, colors, _STICKER if layout == "sticker" else _OUTLINE)
    if subject.companion or layout != "badge":
        drawn = _scatter(drawn, colors, parts.branch("ornaments"))
    return Emblem(motif.name, drawn.markup, OccupiedArea(drawn.silhouette).extent)


def _pair(
    shapes: Sequence[Shape], colors: Palette, other: Motif, color: ColorHint | None, dice: Dice
) -> Figure:
    """Add a smaller second motif, at the upper right or the lower left."""
    first = figure(shapes, colors, _OUTLINE)
    natural = other.natural_color(dice)  # in any case, so that a color changes nothing else
    companion_colors = palette(dice, color or natural, colors["white"])
    companion_colors[INK] = colors[INK]
    companion = draw(other.name, dice.branch("motif"))
    box, inner = OccupiedArea(first.silhouette).extent, _extent(companion, companion_colors)
    size = 0.46 * box.span
    scale = size / inner.span
    if other.aloft:
        x, y = box.right + 0.08 * size, box.top + 0.16 * size
    else:
        x, y = box.left + 0.04 * size, box.bottom - 0.42 * size
    x, y = x - scale * inner.center[0], y - scale * inner.center[1]
    return first + figure(companion, companion_colors, _within(scale, _INSET)).moved(x, y, scale)


def _on_badge(shapes: Sequence[Shape], colors: Palette, dice: Dice) -> Figure:
    """Put the motif on a badge, inside it or rising above its upper edge."""
    box = _extent(shapes, colors)
    rising = dice.chance(0.5)
    scale = (170 if rising else 138) / box.span
    x, y = (-scale * side for side in box.center)
    if rising:  # from near the lower edge to above the upper one
        y = 74 - scale * box.bottom
    rims = _within(scale, _OVER_BADGE if rising else _ON_BADGE)
    return badge(dice, colors) + figure(shapes, colors, rims).moved(x, y, scale)


def _scatter(emblem: Figure, colors: Palette, dice: Dice) -> Figure:
    """Put three to seven ornaments of one or two kinds around the motif."""
    occupied = OccupiedArea(emblem.silhouette)
    half = occupied.extent.span / 2
    kinds = [draw_part("ornaments", dice.branch(kind)) for kind in ("one", "other")]
    remaining = dice.pick((3, 4, 5, 6, 7))
    for _ in range(40):
        size = half * dice.between(0.055, 0.115)
        reach = half * 1.06 - size
        x, y = (middle + reach * dice.between(-1, 1) for middle in occupied.extent.center)
        kind, role = dice.pick(kinds), dice.pick(_ORNAMENT_ROLES)
        if remaining and occupied.claim(x, y, 1.25 * size + 6):
            tinted = {**colors, "main": colors[role], "main-shade": colors[f"{role}-shade"]}
            emblem += figure(kind, tinted).moved(x, y, size / _ORNAMENT_SIZE)
            remaining -= 1
    return emblem


def _within(scale: float, rims: Sequence[Rim]) -> list[Rim]:
    return [(tone, reach / scale) for tone, reach in rims]


def _extent(shapes: Sequence[Shape], colors: Palette) -> Extent:
    return OccupiedArea(figure(shapes, colors).silhouette).extent
