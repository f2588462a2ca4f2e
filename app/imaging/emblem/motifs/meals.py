"""Food and drink: cup, teapot, pizza, egg."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, box, circle, ellipse, mirrored, polar, rounded, smooth
from ..palette import AQUA, GLOW, LIGHT, MAIN, SECOND, WHITE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif
from .parts import heart, sprig


def cup(s: Sketch, dice: Dice) -> None:
    """Draw a steaming mug; its handle encloses a real hole."""
    for x in (-0.45, -0.1, 0.25):
        steam = smooth(
            [(x, -0.6), (x + 0.09, -0.74), (x - 0.07, -0.92), (x + 0.04, -1.06)], closed=False
        )
        s.tube(steam, AQUA + LIGHT, 0.1)
    s.solid(ellipse(-0.06, 0.76, 0.92, 0.17), SECOND, lean=(0, -0.05))
    s.tube(arc(0.46, 0.1, 0.36, 0.32, -100, 100), MAIN, 0.2)
    mug = rounded([(-0.68, -0.42), (0.5, -0.42), (0.44, 0.76), (-0.62, 0.76)], 0.16)
    style = dice.count(0, 3)
    with s.body(mug, MAIN, lean=(-0.11, -0.02)):
        if style == 1:
            s.fill(box(-1, 0.42, 1, 0.62), WHITE)
        elif style == 2:
            for x in range(-3, 4):
                s.fill(circle(0.3 * x - 0.09, 0.6, 0.06), WHITE)
        elif style == 3:
            s.fill(heart(-0.09, 0.16, 0.36), WHITE)
    s.solid(ellipse(-0.09, -0.42, 0.6, 0.15), WHITE, lean=(0, 0))
    with s.body(ellipse(-0.09, -0.41, 0.49, 0.1), WOOD, lean=(-0.02, 0.03), outline=0.028):
        s.fill(ellipse(-0.2, -0.38, 0.18, 0.035), WOOD + LIGHT)
    s.gleam([(-0.55, -0.12), (-0.53, 0.22)], 0.06)
    face(s, dice, (-0.09, 0.14), 0.72)


def teapot(s: Sketch, dice: Dice) -> None:
    """Draw a teapot; its handle encloses a real hole."""
    s.tube(arc(0.66, 0.1, 0.46, 0.42, -100, 110), SECOND, 0.17)
    s.solid(
        smooth(
            [
                (-0.5, 0.5),
                (-0.78, 0.3),
                (-0.9, -0.14),
                (-1.1, -0.28),
                (-0.86, -0.36),
                (-0.68, -0.06),
                (-0.48, 0.06),
            ]
        ),
        SECOND,
    )
    s.solid(box(-0.36, 0.72, 0.36, 0.9, 0.08), SECOND)
    pot = smooth(
        mirrored([(0, -0.5), (0.44, -0.42), (0.74, -0.02), (0.72, 0.42), (0.4, 0.8), (0, 0.84)])
    )
    with s.body(pot, MAIN, lean=(-0.11, -0.05)):
        s.fill(box(-1, 0.5, 1, 0.6), WHITE)
        for x in range(-4, 5):
            s.fill(circle(0.18 * x, 0.68, 0.045), WHITE)
    s.solid(
        smooth(mirrored([(0, -0.68), (0.3, -0.58), (0.46, -0.4), (0, -0.3)])),
        SECOND,
        lean=(-0.03, -0.05),
    )
    s.solid(circle(0, -0.76, 0.12), GLOW, lean=(-0.03, -0.03))
    s.gleam(arc(0, 0.2, 0.58, 0.54, 190, 228), 0.06)
    face(s, dice, (0, 0.16), 0.85)


def pizza(s: Sketch, dice: Dice) -> None:
    """Draw a slice of pizza."""
    with s.body(
        rounded([(-0.82, -0.58), (0.82, -0.58), (0, 1.02)], 0.07), GLOW, lean=(-0.08, -0.02)
    ):
        for x, y, radius in ((-0.36, -0.2, 0.17), (0.42, -0.3, 0.15), (0.02, 0.58, 0.13)):
            s.fill(circle(x, y, radius), MAIN, outline=0.03)
            s.fill(circle(x - 0.04, y - 0.04, radius * 0.5), MAIN + LIGHT)
    for x, y, turn in ((0.1, -0.24, 60), (-0.14, 0.36, -30)):
        sprig(s, x, y, 0.2, turn)
    s.solid(
        smooth(
            [
                (-0.98, -0.62),
                (-0.7, -0.86),
                (0, -0.96),
                (0.7, -0.86),
                (0.98, -0.62),
                (0.8, -0.46),
                (0, -0.56),
                (-0.8, -0.46),
            ]
        ),
        WOOD + LIGHT,
        lean=(0, -0.08),
    )
    face(s, dice, (0, 0.12), 0.66)


def egg(s: Sketch, dice: Dice) -> None:
    """Draw a fried egg: a white with an outline around a yolk."""
    rim = [polar(0, 0, dice.between(0.8, 1.0), 36 * step) for step in range(10)]
    s.solid(smooth(rim), WHITE, lean=(-0.05, -0.07))
    s.solid(circle(0.02, 0.02, 0.46), GLOW, lean=(-0.06, -0.06))
    s.gleam(arc(0.02, 0.02, 0.34, 0.34, 200, 240), 0.06)
    face(s, dice, (0.02, 0.04), 0.62)


MOTIFS = {
    "cup": Motif(cup),
    "teapot": Motif(teapot),
    "pizza": Motif(pizza, (Wish(28, 1.1, 0.95),)),
    "egg": Motif(egg),
}
