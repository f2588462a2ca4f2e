"""Small things around a motif: glints, hearts, stars, rings, dots, blossoms, plus signs."""

from .dice import Dice
from .geometry import circle
from .motifs.parts import heart, petals, soft_star, sparkle
from .palette import AQUA, BLUSH, GLOW, INK, MAIN, PAPER, SECOND, THIRD, WHITE
from .silhouette import Room, bounds
from .sketch import Sketch


def scatter(emblem: Sketch, dice: Dice) -> None:
    """Put three to seven ornaments of one or two kinds where there is room around the motif."""
    (x0, y0), (x1, y1) = bounds(emblem)
    half = max(x1 - x0, y1 - y0) / 2
    room = Room(emblem)
    kinds = (dice.pick(_KINDS), dice.pick(_KINDS))
    wanted = dice.count(3, 7)
    for _ in range(40):
        size = half * dice.between(0.055, 0.115)
        reach = half * 1.06 - size
        x = (x0 + x1) / 2 + reach * dice.between(-1, 1)
        y = (y0 + y1) / 2 + reach * dice.between(-1, 1)
        kind, color = dice.pick(kinds), dice.pick((MAIN, SECOND, THIRD, GLOW, BLUSH, AQUA))
        if room.take(x, y, 1.25 * size + 0.06):
            ornament = Sketch()
            kind(ornament, size, color)
            emblem.place(ornament, x, y)
            wanted -= 1
        if not wanted:
            return


def _glint(s: Sketch, size: float, color: int) -> None:
    s.solid(sparkle(0, 0, 1.35 * size), color, lean=(0, 0))


def _heart(s: Sketch, size: float, color: int) -> None:
    s.solid(heart(0, 0, size), color, lean=(-0.25 * size, -0.25 * size))


def _star(s: Sketch, size: float, color: int) -> None:
    s.solid(soft_star(0, 0, 1.15 * size), color, lean=(-0.25 * size, -0.25 * size))


def _ring(s: Sketch, size: float, color: int) -> None:
    s.fill(circle(0, 0, size), color, outline=0.03)
    s.fill(circle(0, 0, 0.45 * size), PAPER, outline=0.03)


def _dot(s: Sketch, size: float, color: int) -> None:
    s.solid(circle(0, 0, 0.6 * size), color, lean=(-0.25 * size, -0.25 * size))


def _blossom(s: Sketch, size: float, _color: int) -> None:
    for path in petals(5, 0.66 * size, 0.5 * size, 0.42 * size, -90):
        s.fill(path, WHITE, outline=0.03)
    s.fill(circle(0, 0, 0.4 * size), GLOW, outline=0.03)


def _plus(s: Sketch, size: float, color: int) -> None:
    for ink, width in ((INK, 0.115), (color, 0.045)):
        s.line([(-size, 0), (size, 0)], ink, width)
        s.line([(0, -size), (0, size)], ink, width)


_KINDS = (_glint, _heart, _star, _ring, _dot, _blossom, _plus)
