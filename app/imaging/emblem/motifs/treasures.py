"""Things one keeps locked: key, padlock, sword, trophy, bell."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, box, circle, mirrored, polar, rounded, smooth
from ..palette import BLUSH, LIGHT, MAIN, METAL, SECOND, SHADE, WHITE, WOOD, Wish
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart, soft_star


def key(s: Sketch, dice: Dice) -> None:
    """Draw an old key; its bow has real holes."""
    part = Sketch()
    for y in (0.56, 0.82):
        part.solid(box(0.02, y, 0.42, y + 0.16, 0.03), MAIN, lean=(-0.03, -0.03))
    part.solid(box(-0.1, -0.3, 0.1, 1.08, 0.06), MAIN, lean=(-0.05, 0))
    part.solid(box(-0.2, -0.22, 0.2, -0.04, 0.06), SECOND, lean=(0, -0.04))
    style = dice.count(0, 2)
    if style == 0:
        part.solid(circle(0, -0.66, 0.46), MAIN)
        part.fill(heart(0, -0.66, 0.24), 0, outline=STROKE)
    elif style == 1:
        for angle in (-90, 30, 150):
            x, y = polar(0, -0.64, 0.28, angle)
            part.tube(arc(x, y, 0.2, 0.2, 0, 360), MAIN, 0.17)
        part.solid(circle(0, -0.64, 0.12), SECOND, lean=(-0.03, -0.03))
    else:
        part.tube(arc(0, -0.66, 0.37, 0.37, 0, 360), MAIN, 0.22)
        part.solid(soft_star(0, -1.1, 0.2), SECOND, lean=(-0.03, -0.03))
    part.line([(-0.035, 0.02), (-0.035, 0.9)], MAIN + LIGHT, 0.04)
    s.place(part, turn=dice.pick((35, 45, -35, 40)))


def padlock(s: Sketch, dice: Dice) -> None:
    """Draw a padlock; its bow encloses a real hole."""
    s.tube([(-0.4, 0.1), (-0.4, -0.4), *arc(0, -0.4, 0.4, 0.42, 180, 360), (0.4, 0.1)], METAL, 0.24)
    s.line(arc(0, -0.4, 0.43, 0.45, 190, 260), WHITE, 0.05)
    with s.body(box(-0.74, -0.1, 0.74, 0.95, 0.2), MAIN, lean=(-0.09, -0.07)):
        s.fill(box(-1, 0.74, 1, 0.82), MAIN + SHADE)
    face(s, dice, (0, 0.3), 0.9)


def sword(s: Sketch, dice: Dice) -> None:
    """Draw a short sword."""
    part = Sketch()
    blade = [(-0.17, 0.3), (-0.17, -0.86), (0, -1.12), (0.17, -0.86), (0.17, 0.3)]
    with part.body(rounded(blade, 0.03), METAL + LIGHT, lean=(0, 0)):
        part.fill([(0, -1.2), (0.3, -1.2), (0.3, 0.4), (0, 0.4)], METAL)
        part.line([(-0.08, -0.7), (-0.08, 0.1)], WHITE, 0.05)
    part.tube([(0, 0.4), (0, 0.86)], WOOD, 0.2)
    for y in (0.52, 0.64, 0.76):
        part.line([(-0.06, y + 0.03), (0.06, y - 0.03)], WOOD + LIGHT, 0.035)
    part.solid(
        smooth([(-0.46, 0.24), (0, 0.26), (0.46, 0.24), (0.5, 0.38), (0, 0.42), (-0.5, 0.38)]),
        MAIN,
        lean=(0, -0.04),
    )
    part.solid(circle(0, 0.33, 0.1), SECOND, lean=(-0.02, -0.02))
    part.solid(circle(0, 0.94, 0.15), MAIN, lean=(-0.04, -0.04))
    s.place(part, turn=dice.pick((35, -35, 45)))


def trophy(s: Sketch, dice: Dice) -> None:
    """Draw a cup with two handles, each around a real hole."""
    for side in (-1, 1):
        s.tube(
            smooth(
                [
                    (side * 0.5, -0.6),
                    (side * 0.94, -0.56),
                    (side * 0.86, -0.12),
                    (side * 0.4, 0.06),
                ],
                closed=False,
            ),
            MAIN,
            0.16,
        )
    s.solid(smooth(mirrored([(0, 0.1), (0.16, 0.2), (0.1, 0.48), (0.3, 0.66), (0, 0.7)])), MAIN)
    bowl = smooth(
        mirrored([(0, -0.84), (0.56, -0.84), (0.62, -0.76), (0.5, -0.06), (0.24, 0.26), (0, 0.3)])
    )
    with s.body(bowl, MAIN, lean=(-0.12, 0)):
        s.fill([(-0.5, -1), (-0.3, -1), (-0.2, 0.5), (-0.34, 0.5)], MAIN + LIGHT)
    s.solid(box(-0.66, -0.98, 0.66, -0.78, 0.08), MAIN, lean=(0, -0.06))
    with s.body(box(-0.48, 0.62, 0.48, 0.96, 0.06), WOOD):
        s.fill(box(-0.22, 0.71, 0.22, 0.87, 0.03), WHITE)
    if dice.chance(0.5):
        s.solid(soft_star(0, -0.36, 0.3), SECOND, lean=(-0.04, -0.04))
    else:
        face(s, dice, (0, -0.4), 0.7)


def bell(s: Sketch, dice: Dice) -> None:
    """Draw a bell with a bow."""
    s.solid(circle(0, 0.78, 0.2), SECOND)
    s.tube(arc(0, -0.8, 0.14, 0.14, 0, 360), MAIN, 0.13)
    dome = smooth(
        mirrored([(0, -0.82), (0.36, -0.7), (0.56, -0.2), (0.62, 0.3), (0.86, 0.58), (0, 0.62)])
    )
    with s.body(dome, MAIN, lean=(-0.11, -0.04)):
        s.fill(box(-1, 0.2, 1, 0.3), MAIN + LIGHT)
    s.solid(box(-0.92, 0.5, 0.92, 0.72, 0.1), MAIN, lean=(0, -0.06))
    s.gleam(arc(0, -0.1, 0.4, 0.5, 195, 235), 0.07)
    face(s, dice, (0, -0.06), 0.72)
    for side in (-1, 1):
        s.solid(
            smooth([(0, -0.7), (side * 0.36, -0.96), (side * 0.44, -0.72), (side * 0.34, -0.5)]),
            BLUSH,
            lean=(-0.02, -0.04),
        )
    s.solid(circle(0, -0.7, 0.1), BLUSH, lean=(-0.02, -0.02))


MOTIFS = {
    "key": Motif(key, (Wish(82, 0.95, 1.02),)),
    "padlock": Motif(padlock, (Wish(84, 1.0, 1.0),)),
    "sword": Motif(sword),
    "trophy": Motif(trophy, (Wish(84, 1.0, 1.03),)),
    "bell": Motif(bell, (Wish(82, 1.0, 1.02),)),
}
