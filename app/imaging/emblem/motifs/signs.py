"""Emblems without a subject: rosette, crest, roundel, orbit."""

from ..dice import Dice
from ..geometry import (
    arc,
    box,
    circle,
    mirrored,
    moved,
    polar,
    regular,
    rounded,
    scaled,
    smooth,
    turned,
)
from ..palette import BLUSH, DEEP, GLOW, LEAF, LIGHT, MAIN, PAPER, SECOND, SHADE, SKY, THIRD, WHITE
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart, petals, puffs, soft_star, sprig, wave


def rosette(s: Sketch, dice: Dice) -> None:
    """Draw rings of petals around a middle, which may be open."""
    count = dice.pick((5, 6, 7, 8, 9, 10))
    half = 180 / count
    s.union(petals(count, 0.7, 0.28, 0.9 / count + 0.1, -90), MAIN, lean=(-0.03, -0.04))
    for path in petals(count, 0.7, 0.15, 0.36 / count + 0.03, -90):
        s.fill(path, dice.pick((MAIN + LIGHT, MAIN + SHADE)))
    for path in petals(count, 0.52, 0.3, 0.8 / count + 0.06, -90 + half):
        s.solid(path, SECOND, lean=(-0.04, -0.04))
    for index in range(count):
        s.fill(circle(*polar(0, 0, 0.7, -90 + half + index * 2 * half), 0.05), WHITE)
    s.solid(circle(0, 0, 0.42), THIRD)
    inner = dice.count(0, 2)
    if inner == 0:
        s.fill(circle(0, 0, 0.24), PAPER, outline=STROKE)
    elif inner == 1:
        for path in petals(count, 0.2, 0.13, 0.07, -90):
            s.fill(path, WHITE)
        s.solid(circle(0, 0, 0.12), GLOW, lean=(-0.03, -0.03))
    else:
        s.solid(soft_star(0, 0, 0.3, count if count > 5 else 5), GLOW, lean=(-0.03, -0.03))
        s.fill(circle(0, 0, 0.1), WHITE, outline=0.03)


def crest(s: Sketch, dice: Dice) -> None:
    """Draw a shield between two twigs."""
    for side in (-1, 1) if dice.chance(0.6) else ():
        for step in range(5):
            angle = 78 - 30 * step
            x, y = polar(0, 0.05, 0.84, angle)
            sprig(s, side * x, y, 0.46, side * (angle - 22))
    path = smooth(
        mirrored([(0, -0.86), (0.36, -0.74), (0.7, -0.78), (0.7, 0.0), (0.46, 0.56), (0, 0.94)])
    )
    s.solid(path, WHITE, lean=(-0.05, -0.05))
    with s.body(scaled(path, 0.84), MAIN, lean=(0, 0)):
        _division(s, dice.count(0, 4))
    charge = dice.pick(
        (
            soft_star(0, -0.06, 0.34),
            heart(0, -0.06, 0.32),
            soft_star(0, -0.06, 0.36, 8),
            circle(0, -0.06, 0.26),
        )
    )
    s.solid(charge, GLOW, lean=(-0.04, -0.04))
    s.fill(scaled(charge, 0.42), dice.pick((WHITE, GLOW + LIGHT, BLUSH)))


def _division(s: Sketch, kind: int) -> None:
    """Divide the shield: chevrons, quarters, a bend, stripes or a river."""
    if kind == 0:
        for y in (-0.1, 0.4):
            upper = [(-1, y + 0.5), (0, y - 0.1), (1, y + 0.5)]
            s.fill([*upper, *reversed(moved(upper, 0, 0.25))], SECOND)
    elif kind == 1:
        s.fill(box(0, -1, 1, 0.02), SECOND)
        s.fill(box(-1, 0.02, 0, 1), SECOND)
    elif kind == 2:
        s.fill([(-1, -0.6), (-0.6, -1), (1, 0.5), (0.6, 0.9)], WHITE)
        s.fill([(-1, -0.48), (-0.72, -0.8), (0.9, 0.6), (0.6, 0.8)], SECOND)
    elif kind == 3:
        for x in (-0.5, -0.1, 0.3):
            s.fill(box(x, -1, x + 0.2, 1), SECOND)
    else:
        s.fill([*wave(-1, 1, 0.2, 0.07, 3), (1, 1), (-1, 1)], SECOND)
        s.line(wave(-1, 1, 0.42, 0.07, 3), WHITE, 0.07)


def roundel(s: Sketch, dice: Dice) -> None:
    """Draw a small landscape in a round window."""
    s.solid(circle(0, 0, 1), MAIN)
    s.fill(circle(0, 0, 0.86), WHITE, outline=STROKE)
    with s.body(circle(0, 0, 0.76), SKY, lean=(0, 0)):
        x, y = dice.between(-0.4, 0.4), dice.between(-0.4, -0.05)
        for radius, color in ((0.62, SKY + LIGHT), (0.44, GLOW + LIGHT), (0.3, GLOW)):
            s.fill(circle(x, y, radius), color)
        for cx, cy in ((-0.42, -0.36), (0.5, -0.2)):
            for path in puffs((cx - 0.12, cy, 0.08), (cx, cy - 0.04, 0.11), (cx + 0.13, cy, 0.08)):
                s.fill(path, WHITE)
        colors = dice.pick(
            ((THIRD, SECOND, LEAF), (SECOND, MAIN, THIRD), (MAIN + LIGHT, MAIN, MAIN + DEEP))
        )
        for level, color in enumerate(colors):
            base = 0.02 + 0.24 * level
            knots = [(-1 + 0.4 * i, base + dice.between(-0.16, 0.14)) for i in range(6)]
            s.fill([*smooth(knots, closed=False), (1, 1), (-1, 1)], color)
        for _ in range(5):
            tx, ty = dice.between(-0.5, 0.5), dice.between(0.36, 0.62)
            s.fill(rounded([(tx, ty - 0.24), (tx + 0.08, ty), (tx - 0.08, ty)], 0.03), LEAF + DEEP)
    for index in range(12):
        s.fill(circle(*polar(0, 0, 0.93, 30 * index + 15), 0.035), WHITE)


def orbit(s: Sketch, dice: Dice) -> None:
    """Draw a kernel on crossing orbits; between them one sees through."""
    count = dice.pick((2, 3, 3, 4))
    turn = dice.between(0, 60)
    colors = (MAIN, SECOND, THIRD, GLOW)
    for index in range(count):
        s.tube(turned(arc(0, 0, 1, 0.36, 0, 360), turn + 180 * index / count), colors[index], 0.13)
    kernel = dice.pick(
        (
            circle(0, 0, 0.3),
            rounded(regular(0, 0, 0.36, 6), 0.07),
            soft_star(0, 0, 0.4),
            heart(0, 0, 0.36),
        )
    )
    s.solid(kernel, MAIN)
    s.fill(moved(scaled(kernel, 0.4), -0.05, -0.05), WHITE)
    for index in range(count):
        place = turned([(1.0, 0.0), (-1.0, 0.0)], turn + 180 * index / count)[index % 2]
        s.solid(circle(*place, 0.15), dice.pick((WHITE, GLOW, BLUSH)), lean=(-0.03, -0.03))


MOTIFS = {
    "rosette": Motif(rosette),
    "crest": Motif(crest),
    "roundel": Motif(roundel),
    "orbit": Motif(orbit),
}
