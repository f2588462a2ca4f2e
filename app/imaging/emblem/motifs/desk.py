"""Things on a desk: book, bulb, clock, pencil."""

from ..dice import Dice
from ..face import face
from ..geometry import Path, arc, box, circle, ellipse, mirrored, polar, rounded, smooth, turned
from ..palette import BLUSH, DEEP, GLOW, INK, LIGHT, MAIN, METAL, PALE, SECOND, SHADE, WHITE, Wish
from ..sketch import Sketch
from .base import Motif
from .parts import heart, soft_star, sparkle


def book(s: Sketch, dice: Dice) -> None:
    """Draw a book, open with white pages or closed and upright."""
    if dice.chance(0.5):
        _open_book(s, dice)
        return
    part = Sketch()
    part.solid(box(-0.62, -0.86, 0.74, 0.94, 0.1), MAIN + LIGHT, lean=(0, 0))
    with part.body(box(-0.56, 0.62, 0.68, 0.86, 0.04), WHITE, lean=(0, 0)):
        for y in (0.7, 0.78):
            part.line([(-0.5, y), (0.8, y)], WHITE + DEEP, 0.02)
    with part.body(box(-0.7, -0.94, 0.68, 0.68, 0.1), MAIN):
        part.fill(box(-1, -1, -0.48, 1), SECOND)
        part.line([(-0.48, -1), (-0.48, 1)], INK, 0.03)
    if dice.chance(0.5):
        part.solid(soft_star(0.12, -0.5, 0.25), GLOW, lean=(-0.03, -0.03))
    else:
        part.solid(heart(0.12, -0.5, 0.23), WHITE, lean=(-0.03, -0.03))
    part.solid(
        rounded([(0.36, 0.6), (0.56, 0.6), (0.56, 1.1), (0.46, 0.99), (0.36, 1.1)], 0.02),
        BLUSH,
        lean=(-0.03, 0),
    )
    face(part, dice, (0.12, 0.08), 0.72)
    s.place(part, turn=dice.pick((-10, 8, 0)))


def _open_book(s: Sketch, dice: Dice) -> None:
    for side in (-1, 1):
        cover = [
            (0, -0.34),
            (side * 0.5, -0.5),
            (side * 1.06, -0.4),
            (side * 1.06, 0.66),
            (side * 0.5, 0.58),
            (0, 0.74),
        ]
        s.solid(rounded(cover, 0.08), MAIN)
        page: Path = smooth([(0, -0.42), (side * 0.44, -0.6), (side * 0.94, -0.5)], closed=False)
        page += smooth([(side * 0.94, 0.52), (side * 0.44, 0.42), (0, 0.6)], closed=False)
        with s.body(page, WHITE, lean=(-0.06, -0.05)):
            for y in (-0.24, -0.04, 0.16, 0.34) if side > 0 else ():
                s.line(
                    smooth([(0.18, y), (0.46, y - 0.08), (0.78, y - 0.03)], closed=False),
                    METAL + SHADE,
                    0.035,
                )
    s.solid(
        dice.pick((heart(-0.48, -0.04, 0.24), soft_star(-0.48, -0.04, 0.27))),
        SECOND,
        lean=(-0.03, -0.03),
    )
    for x, y, size in ((-0.3, -0.92, 0.15), (0.14, -1.06, 0.2), (0.56, -0.88, 0.12)):
        s.fill(sparkle(x, y, size), GLOW, outline=0.03)
    s.solid(
        rounded([(0.5, 0.4), (0.66, 0.44), (0.66, 0.92), (0.58, 0.82), (0.5, 0.9)], 0.02),
        BLUSH,
        lean=(-0.03, 0),
    )


def bulb(s: Sketch, dice: Dice) -> None:
    """Draw a shining light bulb."""
    for angle in (-160, -125, -90, -55, -20):
        s.tube([polar(0, -0.2, 0.86, angle), polar(0, -0.2, 1.02, angle)], GLOW, 0.13)
    glass = smooth(
        mirrored([(0, -0.84), (0.42, -0.72), (0.64, -0.24), (0.46, 0.18), (0.3, 0.5), (0, 0.52)])
    )
    s.solid(glass, MAIN, lean=(-0.1, -0.07))
    s.gleam(arc(0, -0.22, 0.48, 0.46, 195, 240), 0.08)
    with s.body(rounded([(-0.3, 0.46), (0.3, 0.46), (0.24, 0.9), (-0.24, 0.9)], 0.06), METAL):
        for y in (0.6, 0.74):
            s.line([(-0.4, y + 0.03), (0.4, y - 0.03)], METAL + DEEP, 0.045)
    s.solid(ellipse(0, 0.92, 0.15, 0.08), INK + LIGHT)
    face(s, dice, (0, -0.16), 0.85)


def clock(s: Sketch, dice: Dice) -> None:
    """Draw an alarm clock with a white dial."""
    for side in (-1, 1):
        s.tube([(side * 0.4, 0.6), (side * 0.58, 0.94)], SECOND, 0.18)
        s.solid(turned([*arc(0, -0.9, 0.32, 0.3, 180, 360)], side * 38, 0, 0.08), SECOND)
    s.tube(arc(0, -0.8, 0.14, 0.2, 180, 360), METAL, 0.09)
    s.solid(circle(0, 0.08, 0.8), MAIN, lean=(-0.07, -0.07))
    s.solid(circle(0, 0.08, 0.6), WHITE, lean=(0.06, 0.06))
    for hour in range(12):
        size = 0.045 if hour % 3 == 0 else 0.024
        s.fill(circle(*polar(0, 0.08, 0.5, 30 * hour), size), INK)
    turn = dice.count(0, 11) * 30
    s.line([(0, 0.08), polar(0, 0.08, 0.24, turn - 30)], INK, 0.06)
    s.line([(0, 0.08), polar(0, 0.08, 0.37, turn + 70)], BLUSH, 0.045)
    face(s, dice, (0, 0.3), 0.5)


def pencil(s: Sketch, dice: Dice) -> None:
    """Draw a pencil and the line that it has drawn."""
    part = Sketch()
    part.solid(box(-0.22, -1.14, 0.22, -0.8, 0.1), BLUSH, lean=(-0.05, 0))
    with part.body(box(-0.24, -0.86, 0.24, -0.66, 0.02), METAL):
        part.line([(-0.3, -0.76), (0.3, -0.76)], METAL + DEEP, 0.03)
    with part.body(box(-0.22, -0.68, 0.22, 0.56, 0.02), MAIN, lean=(-0.14, 0)):
        part.fill(box(-0.3, -1, -0.1, 1), MAIN + LIGHT)
    with part.body(rounded([(-0.22, 0.55), (0.22, 0.55), (0, 1.12)], 0.03), PALE):
        part.fill([(-0.3, 0.93), (0.3, 0.93), (0, 1.3)], INK)
    face(part, dice, (0, -0.1), 0.5, gap=0.2)
    s.place(part, turn=32)
    s.tube(
        smooth(
            [(-0.62, 0.98), (-0.3, 1.0), (-0.1, 0.86), (0.14, 1.0), (0.4, 0.9), (0.66, 0.98)],
            closed=False,
        ),
        SECOND,
        0.1,
    )


MOTIFS = {
    "book": Motif(book),
    "bulb": Motif(bulb, (Wish(92, 1.0, 1.1),)),
    "clock": Motif(clock),
    "pencil": Motif(pencil, (Wish(85),)),
}
