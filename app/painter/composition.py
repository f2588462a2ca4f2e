"""The whole emblem: a motif with its outline, on its own or on a badge, and what goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from .badge import badge
from .dice import Dice
from .drawing import INK, Shape, draw, draw_part
from .figure import BLACK, Figure, Spot, figure
from .palette import Palette, palette
from .prompt_reader import Subject
from .raster import Extent, Ground
from .vocabulary import Motif, vocabulary

_OUTLINE = ((INK, 3.4),)
_STICKER = ((INK, 15.5), ("white", 12.5))
_INSET = ((INK, 11.5), ("white", 7.0), (INK, 2.0))
_ON_BADGE = (("white", 5.5), (INK, 2.2))
_OVER_BADGE = ((INK, 8.5), *_ON_BADGE)
_ORNAMENT_SIZE = 9.0  # units to each side, in parts/ornaments.svg
_ORNAMENT_ROLES = ("main", "accent", "contrast", "glow", "blush", "aqua")


@dataclass(frozen=True)
class Emblem:
    """A finished drawing, the box around it, and the name of its main motif."""

    motif: str
    markup: str
    extent: Extent


def compose(subject: Subject, dice: Dice) -> Emblem:
    """Draw the subject, or an invented motif where it names none."""
    known = vocabulary()
    parts = dice.branch("composition")
    motif = known.motifs[subject.motif or parts.pick(known.invented)]
    colors = palette(dice.branch("palette"), subject.color or motif.natural_color(dice))
    shapes = draw(motif.name, parts.branch("motif"))
    layout = parts.pick(("solo", "solo", "badge", "badge", "sticker"))
    if subject.companion:
        companion = known.motifs[subject.companion]
        drawn = _pair(shapes, colors, companion, dice.branch("companion"))
    elif layout == "badge" and motif.framed:
        drawn = _on_badge(shapes, colors, parts.branch("badge"))
        return Emblem(motif.name, drawn.markup, Ground(drawn.silhouette).extent)
    else:
        sticker = layout == "sticker" and motif.framed
        drawn = figure(shapes, colors, rims=_STICKER if sticker else _OUTLINE)
    drawn = _scatter(drawn, colors, parts.branch("ornaments"))
    return Emblem(motif.name, drawn.markup, Ground(drawn.silhouette).extent)


def _pair(shapes: Sequence[Shape], colors: Palette, other: Motif, dice: Dice) -> Figure:
    """Add a smaller second motif: at the upper right, or at the lower left."""
    first = figure(shapes, colors, rims=_OUTLINE)
    theirs = {**palette(dice, other.natural_color(dice)), INK: colors[INK]}
    companion = draw(other.name, dice.branch("motif"))
    box, inner = Ground(first.silhouette).extent, _extent(companion)
    size = 0.46 * box.span
    scale = size / inner.span
    if other.aloft:
        x, y = box.right + 0.08 * size, box.top + 0.16 * size
    else:
        x, y = box.left + 0.04 * size, box.bottom - 0.42 * size
    spot = Spot(x - scale * inner.center[0], y - scale * inner.center[1], scale)
    return first + figure(companion, theirs, spot, _INSET)


def _on_badge(shapes: Sequence[Shape], colors: Palette, dice: Dice) -> Figure:
    """Put the motif on a colored field, wholly inside or rising out of it."""
    box = _extent(shapes)
    rising = dice.chance(0.5)
    scale = (170 if rising else 138) / box.span
    x, y = (-scale * side for side in box.center)
    if rising:  # it stands near the lower rim and looks out over the upper one
        y = 74 - scale * box.bottom
    rims = _OVER_BADGE if rising else _ON_BADGE
    return badge(dice, colors) + figure(shapes, colors, Spot(x, y, scale), rims)


def _scatter(emblem: Figure, colors: Palette, dice: Dice) -> Figure:
    """Put three to seven ornaments of one or two kinds where there is room around the motif."""
    ground = Ground(emblem.silhouette)
    half = ground.extent.span / 2
    kinds = [draw_part("ornaments", dice.branch(kind)) for kind in ("one", "other")]
    wanted = dice.pick((3, 4, 5, 6, 7))
    for _ in range(40):
        size = half * dice.between(0.055, 0.115)
        x, y = (
            middle + (half * 1.06 - size) * dice.between(-1, 1) for middle in ground.extent.center
        )
        kind, role = dice.pick(kinds), dice.pick(_ORNAMENT_ROLES)
        if ground.take(x, y, 1.25 * size + 6):
            tinted = {**colors, "main": colors[role], "main-shade": colors[f"{role}-shade"]}
            emblem += figure(kind, tinted, Spot(x, y, size / _ORNAMENT_SIZE))
            wanted -= 1
        if not wanted:
            break
    return emblem


def _extent(shapes: Sequence[Shape]) -> Extent:
    return Ground(figure(shapes, {}, rims=()).silhouette).extent
