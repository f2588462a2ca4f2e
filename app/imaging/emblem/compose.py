"""The whole emblem: a motif with its outline, on its own or on a badge, and what goes with it."""

from .badge import badge
from .dice import Dice
from .motifs import INVENTED, MOTIFS
from .ornaments import scatter
from .palette import INK, ROLES, WHITE
from .reading import Reading
from .silhouette import bounds, stack
from .sketch import Sketch

# Shown in the sky beside another motif; the others stand on its ground.
_ALOFT = frozenset(
    "sun moon star cloud rainbow planet saucer balloon bird butterfly bee ladybird aeroplane heart"
    " snowflake bulb".split()
)
# Wide or round enough to look lost or boxed in on a badge.
_UNFRAMED = frozenset({"roundel", "crest", "rosette", "orbit", "rainbow", "snowflake", "bicycle"})


def compose(reading: Reading, dice: Dice) -> tuple[str, Sketch]:
    """Return the name of the motif drawn and the finished drawing.

    The companion's colours are numbered from ROLES on.
    """
    name = reading.motif or dice.pick(INVENTED)
    motif = Sketch()
    MOTIFS[name].draw(motif, dice.branch("motif"))
    if reading.companion:
        _accompany(motif, reading.companion, dice.branch("companion"))
    unframed = name in _UNFRAMED or bool(reading.companion)
    layout = "solo" if unframed else dice.pick(("solo", "solo", "badge", "badge", "sticker"))
    if layout == "badge":
        return name, _on_badge(motif, dice.branch("badge"))
    emblem = Sketch()
    if layout == "sticker":
        stack(emblem, motif, (INK, 0.155), (WHITE, 0.125))
    else:
        stack(emblem, motif, (INK, 0.034))
    scatter(emblem, dice.branch("ornaments"))
    return name, emblem


def _accompany(motif: Sketch, name: str, dice: Dice) -> None:
    """Add a smaller second motif: at the upper right, or at the lower left."""
    other = Sketch()
    MOTIFS[name].draw(other, dice)
    (x0, y0), (x1, y1) = bounds(other)
    (left, top), (right, low) = bounds(motif)
    size = 0.46 * max(right - left, low - top)
    scale = size / max(x1 - x0, y1 - y0)
    if name in _ALOFT:
        x, y = right + 0.08 * size, top + 0.16 * size
    else:
        x, y = left + 0.04 * size, low - 0.42 * size
    placed = Sketch()
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    placed.place(other, x - scale * middle[0], y - scale * middle[1], scale, colors=ROLES)
    stack(motif, placed, (INK, 0.1), (WHITE, 0.07), (INK, 0.02))


def _on_badge(motif: Sketch, dice: Dice) -> Sketch:
    """Put the motif on a coloured field, wholly inside or rising out of it."""
    emblem = Sketch()
    badge(emblem, dice)
    (x0, y0), (x1, y1) = bounds(motif)
    rising = dice.chance(0.5)
    scale = (1.7 if rising else 1.38) / max(x1 - x0, y1 - y0)
    # A rising motif stands near the lower rim and looks out over the upper one.
    y = 0.74 - scale * y1 if rising else -scale * (y0 + y1) / 2
    placed = Sketch()
    placed.place(motif, -scale * (x0 + x1) / 2, y, scale)
    rims = ((WHITE, 0.055), (INK, 0.022))
    stack(emblem, placed, *(((INK, 0.085), *rims) if rising else rims))
    return emblem
