"""What grows on plants: leaf, apple, strawberry, avocado."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, circle, ellipse, mirrored, moved, scaled, smooth, turned
from ..palette import GLOW, INK, LEAF, LIGHT, MAIN, PALE, SHADE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif
from .parts import leaf_shape, sprig


def leaf(s: Sketch, dice: Dice) -> None:
    """Draw one leaf with its veins."""
    part = Sketch()
    path = leaf_shape(1.8, dice.between(0.55, 0.72))
    part.tube([(0, 0.3), (0, -0.1)], MAIN, 0.12)
    with part.body(path, MAIN, lean=(-0.12, 0.02)):
        part.fill([(0, 0), (0, -1.8), (-1, -1.8), (-1, 0)], MAIN + LIGHT)
        for step in range(5):
            y = -0.25 - 0.29 * step
            for side in (-1, 1):
                part.line([(0, y), (side * 0.6, y - 0.4)], MAIN + SHADE, 0.04)
        part.line([(0, 0.1), (0, -1.6)], MAIN + SHADE, 0.06)
    s.place(part, -0.45, 0.75, turn=dice.between(24, 40))


def apple(s: Sketch, dice: Dice) -> None:
    """Draw an apple with a leaf."""
    s.line(smooth([(0, -0.5), (0.02, -0.75), (0.12, -0.98)], closed=False), INK, 0.1)
    body = [
        (0, -0.56),
        (0.34, -0.7),
        (0.72, -0.5),
        (0.84, -0.05),
        (0.62, 0.6),
        (0.28, 0.86),
        (0, 0.8),
    ]
    s.solid(smooth(mirrored(body)), MAIN, lean=(-0.12, -0.08))
    sprig(s, 0.06, -0.7, 0.5, 66)
    s.gleam(arc(-0.1, 0.05, 0.56, 0.58, 185, 232), 0.09)
    face(s, dice, (0, 0.12), 0.95)


def strawberry(s: Sketch, dice: Dice) -> None:
    """Draw a strawberry with seeds."""
    body = smooth(
        mirrored([(0, -0.5), (0.45, -0.56), (0.76, -0.25), (0.62, 0.3), (0.25, 0.82), (0, 0.95)])
    )
    with s.body(body, MAIN, lean=(-0.1, -0.08)):
        for row, y in enumerate((-0.25, 0.32, 0.6)):
            for x in (-0.5, -0.17, 0.17, 0.5) if row < 2 else (-0.25, 0.1):
                s.fill(ellipse(x, y + 0.04 * abs(x), 0.03, 0.05), GLOW + LIGHT)
    crown = [
        moved(turned(leaf_shape(0.52, 0.16), turn), 0, -0.52) for turn in (-105, -60, 0, 60, 105)
    ]
    for path in crown:
        s.solid(path, LEAF, lean=(-0.03, -0.03))
    s.gleam([(-0.5, -0.05), (-0.44, 0.12)], 0.07)
    face(s, dice, (0, 0.06), 0.8)


def avocado(s: Sketch, dice: Dice) -> None:
    """Draw half an avocado with its stone."""
    skin = mirrored(
        [(0, -0.98), (0.28, -0.86), (0.44, -0.4), (0.68, 0.1), (0.68, 0.56), (0.4, 0.9), (0, 0.98)]
    )
    path = smooth(skin)
    s.solid(path, MAIN, lean=(0, 0))
    s.solid(scaled(path, 0.84), PALE, lean=(-0.05, -0.05), outline=0)
    s.solid(circle(0, 0.4, 0.38), WOOD, lean=(-0.07, -0.07))
    s.gleam(arc(0, 0.4, 0.26, 0.26, 200, 245), 0.05)
    face(s, dice, (0, -0.22), 0.72, gap=0.22)


MOTIFS = {
    "leaf": Motif(leaf, (Wish(138),)),
    "apple": Motif(apple, (Wish(26, 1.2, 0.92),)),
    "strawberry": Motif(strawberry, (Wish(22, 1.2, 0.92),)),
    "avocado": Motif(avocado, (Wish(135, 0.9, 0.75),)),
}
