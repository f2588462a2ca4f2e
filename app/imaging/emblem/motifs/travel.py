"""Ways to travel below the sky: car, boat, train, bicycle."""

from ..dice import Dice
from ..face import face
from ..geometry import Path, arc, box, circle, ellipse, polar, rounded, scaled, smooth
from ..palette import AQUA, BLUSH, DEEP, GLOW, INK, LIGHT, MAIN, METAL, SECOND, THIRD, WHITE, WOOD
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import soft_star, wave


def car(s: Sketch, dice: Dice) -> None:
    """Draw a small car from the side."""
    cabin = smooth([(-0.6, 0.02), (-0.44, -0.5), (0, -0.62), (0.36, -0.48), (0.6, 0.02), (0, 0.12)])
    s.solid(cabin, MAIN)
    for pane in (
        [(-0.44, -0.06), (-0.32, -0.4), (-0.06, -0.48), (-0.06, -0.06)],
        [(0.06, -0.06), (0.06, -0.48), (0.28, -0.38), (0.44, -0.06)],
    ):
        with s.body(rounded(pane, 0.06), AQUA, lean=(-0.04, -0.04)):
            s.line([(pane[0][0], 0), (pane[0][0] + 0.3, -0.5)], WHITE, 0.06)
    body = smooth(
        [
            (-1, 0.34),
            (-0.98, 0.06),
            (-0.62, -0.04),
            (0.55, -0.04),
            (0.94, 0.1),
            (1.02, 0.36),
            (0.9, 0.5),
            (-0.9, 0.5),
        ]
    )
    with s.body(body, MAIN, lean=(-0.03, -0.09)):
        s.fill(box(-1.2, 0.25, 1.2, 0.33), WHITE)
    s.solid(ellipse(0.92, 0.14, 0.1, 0.1), GLOW, lean=(-0.02, -0.02))
    s.solid(box(-1.08, 0.12, -0.9, 0.26, 0.05), BLUSH, lean=(-0.02, -0.02))
    for x in (-0.54, 0.56):
        s.fill(circle(x, 0.48, 0.29), INK)
        s.solid(circle(x, 0.48, 0.17), WHITE, lean=(-0.03, -0.03))
        s.fill(circle(x, 0.48, 0.06), SECOND, outline=0.025)
    s.line([(0.02, 0.02), (0.02, 0.44)], MAIN + DEEP, 0.03)
    s.line([(-0.18, 0.13), (-0.06, 0.13)], INK, 0.045)
    if dice.chance(0.5):
        s.solid(box(-0.4, -0.84, 0.26, -0.66, 0.06), WOOD, lean=(-0.03, -0.04))
        s.solid(box(-0.22, -1.02, 0.1, -0.83, 0.05), SECOND, lean=(-0.03, -0.04))


def boat(s: Sketch, dice: Dice) -> None:
    """Draw a sailing boat on waves."""
    s.line([(0, 0.4), (0, -1.05)], INK, 0.08)
    s.solid(
        rounded([(0.02, -1.06), (0.34, -0.95), (0.02, -0.84)], 0.02), THIRD, lean=(-0.02, -0.02)
    )
    main = smooth(
        [(0.08, -0.72), (0.1, -0.74), (0.62, -0.18), (0.8, 0.3), (0.78, 0.32), (0.08, 0.26)]
    )
    stripes = dice.chance(0.6)
    with s.body(main, WHITE, lean=(-0.08, -0.02)):
        for y in (-0.36, 0.02) if stripes else ():
            s.fill(box(-1, y, 1, y + 0.17), SECOND)
        if not stripes:
            s.fill(soft_star(0.34, 0.0, 0.17), SECOND)
    s.solid(
        smooth([(-0.08, -0.6), (-0.1, -0.6), (-0.5, -0.02), (-0.66, 0.28), (-0.08, 0.24)]),
        SECOND + LIGHT,
    )
    hull = rounded([(-0.92, 0.36), (0.98, 0.36), (0.68, 0.86), (-0.6, 0.86)], 0.1)
    with s.body(hull, MAIN):
        s.fill(box(-1.2, 0.3, 1.2, 0.48), WHITE)
    face(s, dice, (0.02, 0.6), 0.5)
    sea: Path = [*wave(-1.08, 1.08, 0.8, 0.06, 4.5), (0.94, 1.1), (-0.94, 1.1)]
    with s.body(rounded(sea, 0.04), AQUA, lean=(0, -0.07)):
        s.line(wave(-0.7, 0.2, 0.96, 0.03, 3), WHITE, 0.04)


def train(s: Sketch, dice: Dice) -> None:
    """Draw a steam engine."""
    for x, y, radius in ((-0.56, -0.86, 0.13), (-0.3, -1.0, 0.17), (0.04, -1.04, 0.2)):
        s.solid(circle(x, y, radius), WHITE, lean=(-0.03, -0.04))
    s.solid(rounded([(-0.72, -0.72), (-0.4, -0.72), (-0.46, -0.2), (-0.66, -0.2)], 0.04), SECOND)
    with s.body(box(-0.92, -0.26, 0.3, 0.4, 0.16), MAIN):
        for x in (-0.3, 0.02):
            s.fill(box(x, -0.4, x + 0.09, 0.6), GLOW)
    s.solid(box(0.16, -0.66, 0.82, 0.42, 0.05), MAIN)
    s.solid(box(0.06, -0.8, 0.94, -0.6, 0.08), SECOND, lean=(0, -0.05))
    with s.body(box(0.32, -0.46, 0.68, -0.06, 0.06), WHITE):
        s.fill(box(0.37, -0.41, 0.63, -0.11, 0.03), AQUA)
    s.solid(
        rounded([(-1.04, 0.62), (-0.86, 0.34), (0.92, 0.34), (0.92, 0.54), (-0.8, 0.62)], 0.05),
        INK + LIGHT,
    )
    for x, radius in ((-0.62, 0.2), (-0.16, 0.2), (0.5, 0.3)):
        wheel = circle(x, 0.84 - radius, radius)
        s.solid(wheel, SECOND, lean=(-0.03, -0.03))
        s.fill(scaled(wheel, 0.5), WHITE, outline=0.028)
    s.line([(-0.62, 0.64), (0.5, 0.6)], METAL, 0.06)
    face(s, dice, (-0.64, 0.04), 0.56)


def bicycle(s: Sketch, _dice: Dice) -> None:
    """Draw a bicycle: its wheels and frame are full of real holes."""
    hubs = ((-0.62, 0.34), (0.62, 0.34))
    for x, y in hubs:
        for spoke in range(6):
            s.line([(x, y), polar(x, y, 0.4, 30 + 60 * spoke)], METAL + DEEP, 0.022)
        s.line(arc(x, y, 0.42, 0.42, 0, 360), INK, 0.14)
        s.line(arc(x, y, 0.42, 0.42, 0, 360), WHITE, 0.03)
        s.fill(circle(x, y, 0.08), SECOND, outline=STROKE)
    tubes: list[Path] = [
        [(-0.62, 0.34), (-0.08, 0.36), (0.42, -0.3), (-0.26, -0.26), (-0.62, 0.34)],
        [(-0.32, -0.46), (-0.08, 0.36)],
        [(0.34, -0.6), (0.62, 0.34)],
    ]
    for path in tubes:
        s.line(path, INK, 0.13)
    for path in tubes:
        s.line(path, MAIN, 0.07)
    s.tube(
        smooth([(0.34, -0.62), (0.2, -0.68), (0.54, -0.72), (0.62, -0.58)], closed=False), WOOD, 0.1
    )
    s.solid(
        smooth([(-0.56, -0.54), (-0.3, -0.58), (-0.08, -0.52), (-0.3, -0.42)]),
        WOOD,
        lean=(0, -0.03),
    )
    s.fill(circle(-0.08, 0.36, 0.11), GLOW, outline=STROKE)
    s.solid(
        rounded([(0.5, -0.5), (1.0, -0.5), (0.92, -0.12), (0.58, -0.12)], 0.06),
        WOOD,
        lean=(-0.03, -0.04),
    )
    for x, color in ((0.6, BLUSH), (0.76, WHITE), (0.9, GLOW)):
        s.fill(circle(x, -0.58, 0.105), color, outline=0.03)


MOTIFS = {
    "car": Motif(car),
    "boat": Motif(boat),
    "train": Motif(train),
    "bicycle": Motif(bicycle),
}
