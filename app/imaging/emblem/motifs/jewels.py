"""Things one gives: crown, gem, heart, ring, parcel."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, box, circle, ellipse, rounded, smooth, turned
from ..palette import BLUSH, GLOW, INK, LIGHT, MAIN, SECOND, SHADE, THIRD, WHITE, Wish
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart, sparkle


def crown(s: Sketch, dice: Dice) -> None:
    """Draw a crown with jewels."""
    with s.body(ellipse(0, -0.1, 0.74, 0.5), SECOND):
        pass
    spikes = [
        (-0.82, 0.5),
        (-0.96, -0.46),
        (-0.5, -0.02),
        (0, -0.74),
        (0.5, -0.02),
        (0.96, -0.46),
        (0.82, 0.5),
    ]
    path = rounded(spikes, 0.07)
    with s.body(path, MAIN, lean=(-0.07, -0.05)):
        s.fill([(-0.7, 0.5), (0, -0.5), (0.05, -0.5), (-0.3, 0.5)], MAIN + LIGHT)
    with s.body(
        smooth([(-0.84, 0.3), (0, 0.38), (0.84, 0.3), (0.82, 0.62), (0, 0.72), (-0.82, 0.62)]), MAIN
    ):
        pass
    for x, y, size in ((-0.96, -0.52, 0.13), (0, -0.82, 0.16), (0.96, -0.52, 0.13)):
        s.solid(circle(x, y, size), BLUSH, lean=(-0.03, -0.03))
        s.fill(circle(x - 0.04, y - 0.05, 0.035), WHITE)
    for x, color in ((-0.52, WHITE), (0, THIRD), (0.52, WHITE)):
        s.solid(
            ellipse(x, 0.52 - abs(x) * 0.06, 0.11, 0.09), color, lean=(-0.02, -0.02), outline=0.03
        )
    face(s, dice, (0, 0.06), 0.72)


def gem(s: Sketch, dice: Dice) -> None:
    """Draw a cut stone."""
    top, girdle, low = -0.66, -0.2, 0.92
    outline = [(-0.52, top), (0.52, top), (0.98, girdle), (0, low), (-0.98, girdle)]
    xs = (-0.98, -0.4, 0.4, 0.98)
    s.fill(outline, MAIN)
    tones = (MAIN + LIGHT, MAIN, MAIN + SHADE)
    for index in range(3):
        s.fill([(xs[index], girdle), (xs[index + 1], girdle), (0, low)], tones[index])
    facets = (
        ((-0.52, top), (-0.4, girdle), (-0.98, girdle), MAIN),
        ((-0.52, top), (0, top), (-0.4, girdle), WHITE),
        ((0, top), (0.4, girdle), (-0.4, girdle), MAIN + LIGHT),
        ((0, top), (0.52, top), (0.4, girdle), MAIN),
        ((0.52, top), (0.98, girdle), (0.4, girdle), MAIN + SHADE),
    )
    for a, b, c, color in facets:
        s.fill([a, b, c], color, outline=0.028)
    for x in (-0.4, 0.4):
        s.line([(x, girdle), (0, low)], INK, 0.028)
    s.line([*rounded(outline, 0.03), rounded(outline, 0.03)[0]], INK, 0.06)
    face(s, dice, (0, 0.06), 0.66, gap=0.24)
    s.fill(sparkle(-0.86, -0.72, 0.2), GLOW, outline=0.03)
    s.fill(sparkle(0.84, 0.5, 0.16), GLOW, outline=0.03)


def heart_motif(s: Sketch, dice: Dice) -> None:
    """Draw a heart, sometimes bandaged or winged."""
    extra = dice.count(0, 2)
    if extra == 1:
        for side in (-1, 1):
            wing = [
                (side * x, y)
                for x, y in (
                    (0.5, 0.1),
                    (0.9, -0.5),
                    (1.36, -0.56),
                    (1.3, -0.28),
                    (1.22, -0.1),
                    (1.06, 0.1),
                    (0.86, 0.26),
                )
            ]
            s.solid(smooth(wing), WHITE, lean=(-0.04, -0.06))
            s.line(
                smooth(
                    [(side * 0.9, -0.05), (side * 1.06, -0.14), (side * 1.24, -0.12)], closed=False
                ),
                INK,
                0.03,
            )
    with s.body(heart(0, 0.02, 0.92), MAIN, lean=(-0.1, -0.09)):
        if extra == 2:
            for x in (-0.45, 0.1, 0.6):
                s.fill(turned(box(x, -1.4, x + 0.16, 1.4), 24), MAIN + LIGHT)
    s.gleam(arc(-0.42, -0.34, 0.32, 0.32, 180, 262), 0.1)
    face(s, dice, (0, -0.02), 0.95)


def ring(s: Sketch, _dice: Dice) -> None:
    """Draw a finger ring with a stone, around a real hole."""
    s.tube(arc(0, 0.3, 0.6, 0.6, 0, 360), MAIN, 0.26)
    s.line(arc(0, 0.3, 0.62, 0.62, 150, 240), MAIN + LIGHT, 0.06)
    for x in (-0.26, 0.26):
        s.solid(circle(x, -0.26, 0.12), MAIN, lean=(-0.03, -0.03))
    stone = [(-0.3, -1), (0.3, -1), (0.52, -0.7), (0, -0.14), (-0.52, -0.7)]
    with s.body(rounded(stone, 0.03), SECOND, lean=(-0.12, 0)):
        s.fill([(-0.3, -1), (0.3, -1), (0.16, -0.7), (-0.16, -0.7)], SECOND + LIGHT)
        s.fill([(-0.16, -0.7), (0.16, -0.7), (0, -0.14)], WHITE)
    s.line([(-0.52, -0.7), (0.52, -0.7)], INK, 0.03)
    s.fill(sparkle(0.7, -0.98, 0.2), GLOW, outline=0.03)


def gift(s: Sketch, dice: Dice) -> None:
    """Draw a parcel with a ribbon."""
    pattern = dice.pick((WHITE, MAIN + LIGHT))
    with s.body(box(-0.74, -0.2, 0.74, 0.92, 0.05), MAIN):
        for row in range(4):
            for step in range(-4, 5):
                s.fill(circle(0.3 * step + 0.15 * (row % 2), 0.1 + 0.24 * row, 0.045), pattern)
        s.fill(box(-0.15, -1, 0.15, 1), SECOND)
        s.fill(box(0.07, -1, 0.15, 1), SECOND + SHADE)
    for side in (-1, 1):
        loop = smooth([(0, -0.5), (side * 0.3, -0.98), (side * 0.72, -0.86), (side * 0.6, -0.52)])
        s.solid(loop, SECOND)
        hole = smooth(
            [(side * 0.2, -0.58), (side * 0.34, -0.8), (side * 0.54, -0.76), (side * 0.46, -0.6)]
        )
        s.fill(hole, 0, outline=STROKE)
    with s.body(box(-0.86, -0.46, 0.86, -0.12, 0.06), MAIN, lean=(-0.06, -0.06)):
        s.fill(box(-0.17, -1, 0.17, 1), SECOND)
    s.solid(box(-0.14, -0.62, 0.14, -0.38, 0.07), SECOND, lean=(-0.03, -0.03))
    face(s, dice, (0, 0.38), 0.72, gap=0.36)


MOTIFS = {
    "crown": Motif(crown, (Wish(86, 1.05, 1.05),)),
    "gem": Motif(gem),
    "heart": Motif(heart_motif, (Wish(15, 1.15, 0.95),)),
    "ring": Motif(ring, (Wish(84, 0.9, 1.05),)),
    "gift": Motif(gift),
}
