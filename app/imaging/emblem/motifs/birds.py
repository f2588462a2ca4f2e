"""Birds: songbird, owl, penguin, duck."""

from ..dice import Dice
from ..face import eyes, white_eye
from ..geometry import arc, circle, ellipse, mirrored, rounded, scaled, smooth, turned
from ..palette import BLUSH, GLOW, INK, LIGHT, MAIN, PALE, SECOND, SHADE, WHITE, Wish
from ..sketch import STROKE, Sketch
from .base import Motif


def bird(s: Sketch, dice: Dice) -> None:
    """Draw a songbird from the side."""
    for x in (-0.08, 0.16):
        s.line([(x, 0.6), (x + 0.02, 0.92), (x - 0.14, 0.96)], INK, 0.06)
    s.solid(
        rounded([(0.4, 0.1), (1.08, -0.28), (1.16, 0.0), (0.98, 0.26), (0.5, 0.5)], 0.08), SECOND
    )
    s.solid(rounded([(-0.7, -0.4), (-1.08, -0.24), (-0.7, -0.1)], 0.04), GLOW)
    body = smooth(
        [
            (-0.3, -0.8),
            (0.06, -0.66),
            (0.3, -0.2),
            (0.72, 0.12),
            (0.5, 0.55),
            (0.05, 0.72),
            (-0.45, 0.58),
            (-0.76, 0.1),
            (-0.78, -0.4),
            (-0.62, -0.72),
        ]
    )
    with s.body(body, MAIN):
        s.fill(ellipse(-0.5, 0.45, 0.5, 0.42), PALE if dice.chance(0.5) else WHITE)
    wing = smooth(
        [(-0.22, 0.02), (0.2, -0.12), (0.6, 0.12), (0.82, 0.42), (0.35, 0.44), (-0.08, 0.38)]
    )
    with s.body(wing, SECOND):
        for y in (0.14, 0.27):
            s.line([(0.1, y), (0.9, y + 0.12)], SECOND + SHADE, 0.04)
    for index, turn in enumerate((-24, 4, 30)):
        plume = turned(ellipse(-0.3, -0.93, 0.055, 0.14 + 0.02 * index), turn, -0.3, -0.76)
        s.solid(plume, SECOND, lean=(-0.02, 0))
    white_eye(s, -0.44, -0.36, 0.15, 0)
    s.fill(ellipse(-0.24, -0.16, 0.1, 0.065), BLUSH)


def owl(s: Sketch, _dice: Dice) -> None:
    """Draw an owl with large white eyes."""
    body = smooth(
        mirrored(
            [
                (0, -0.66),
                (0.36, -0.74),
                (0.66, -0.98),
                (0.72, -0.4),
                (0.76, 0.2),
                (0.52, 0.8),
                (0, 0.95),
            ]
        )
    )
    with s.body(body, MAIN):
        s.fill(ellipse(0, 0.5, 0.46, 0.56), PALE)
        for row, y in enumerate((0.25, 0.45, 0.65)):
            for x in (-0.24, 0, 0.24) if row != 1 else (-0.12, 0.12):
                s.line(arc(x, y, 0.085, 0.09, 15, 165), MAIN + SHADE, 0.04)
    for side in (-1, 1):
        wing = smooth(
            [(side * 0.7, -0.1), (side * 0.88, 0.3), (side * 0.62, 0.72), (side * 0.5, 0.3)]
        )
        s.solid(wing, SECOND, lean=(-0.05, -0.05))
        for x in (0.16, 0.28):
            s.fill(ellipse(side * x, 0.95, 0.075, 0.06), GLOW, outline=0.03)
        s.fill(circle(side * 0.31, -0.34, 0.33), SECOND + LIGHT, outline=STROKE)
    for side in (-1, 1):
        white_eye(s, side * 0.31, -0.34, 0.23, side)
    s.solid(rounded([(-0.11, -0.22), (0.11, -0.22), (0, 0.06)], 0.04), GLOW, lean=(-0.03, -0.03))


def penguin(s: Sketch, dice: Dice) -> None:
    """Draw a penguin with a white front and, mostly, a scarf."""
    for side in (-1, 1):
        s.solid(ellipse(side * 0.27, 0.92, 0.24, 0.1), GLOW, lean=(-0.02, -0.03))
        fin = smooth(
            [(side * 0.5, -0.1), (side * 0.9, 0.4), (side * 0.78, 0.52), (side * 0.52, 0.4)]
        )
        s.solid(fin, MAIN, lean=(-0.03, -0.05))
    body = smooth(
        mirrored([(0, -0.98), (0.4, -0.86), (0.58, -0.4), (0.66, 0.3), (0.5, 0.84), (0, 0.94)])
    )
    with s.body(body, MAIN):
        front = mirrored(
            [
                (0, -0.46),
                (0.24, -0.62),
                (0.46, -0.4),
                (0.4, -0.05),
                (0.5, 0.4),
                (0.36, 0.84),
                (0, 0.9),
            ]
        )
        s.fill(smooth(front), WHITE)
        s.fill(ellipse(0.2, 0.98, 0.5, 0.2), WHITE + SHADE)
    eyes(s, dice.pick(("beads", "tall", "wide", "joy")), 0.22, -0.36)
    for side in (-1, 1):
        s.fill(ellipse(side * 0.37, -0.2, 0.085, 0.055), BLUSH)
    s.solid(rounded([(-0.12, -0.28), (0.12, -0.28), (0, -0.1)], 0.05), GLOW, lean=(-0.02, -0.03))
    if dice.chance(0.7):
        s.solid(rounded([(0.14, 0.1), (0.4, 0.06), (0.46, 0.46), (0.24, 0.5)], 0.05), SECOND)
        s.solid(
            smooth(mirrored([(0, 0.04), (0.52, -0.08), (0.58, 0.06), (0, 0.24)])),
            SECOND,
            lean=(-0.02, -0.05),
        )


def duck(s: Sketch, dice: Dice) -> None:
    """Draw a bath duck from the side."""
    body = smooth(
        [
            (-0.3, 0.0),
            (0.3, 0.06),
            (0.62, -0.02),
            (0.98, -0.26),
            (0.94, 0.3),
            (0.6, 0.76),
            (-0.1, 0.84),
            (-0.62, 0.6),
            (-0.66, 0.2),
        ]
    )
    s.solid(body, MAIN)
    s.solid(
        smooth([(-0.74, -0.4), (-1.1, -0.28), (-1.04, -0.12), (-0.66, -0.14)]),
        SECOND,
        lean=(0, -0.05),
    )
    with s.body(circle(-0.34, -0.34, 0.5), MAIN):
        pass
    with s.inside(scaled(body, 0.94)):
        s.fill(ellipse(-0.3, 0.25, 0.32, 0.3), MAIN)
    wing = smooth([(-0.1, 0.3), (0.3, 0.2), (0.7, 0.14), (0.6, 0.46), (0.2, 0.6), (-0.06, 0.5)])
    s.solid(wing, MAIN, lean=(-0.06, -0.08))
    s.gleam(arc(-0.34, -0.34, 0.38, 0.38, 220, 262), 0.06)
    if dice.chance(0.5):
        eyes(s, "tall", 0.0001, -0.4)
    else:
        white_eye(s, -0.46, -0.42, 0.14, 0)
    s.fill(ellipse(-0.26, -0.2, 0.1, 0.065), BLUSH)


MOTIFS = {
    "bird": Motif(bird),
    "owl": Motif(owl, (Wish(52, 0.6, 0.92),)),
    "penguin": Motif(penguin, (Wish(255, 0.55, 0.72),)),
    "duck": Motif(duck, (Wish(92, 1.05, 1.08),)),
}
