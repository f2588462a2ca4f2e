"""Small things that fly or crawl: butterfly, bee, ladybird, snail."""

from ..dice import Dice
from ..face import eyes, white_eye
from ..geometry import arc, circle, ellipse, flipped, moved, polar, rounded, scaled, smooth, turned
from ..palette import BLUSH, GLOW, INK, LIGHT, MAIN, PALE, SECOND, THIRD, WHITE, Wish
from ..sketch import STROKE, Sketch
from .base import Motif


def butterfly(s: Sketch, dice: Dice) -> None:
    """Draw a butterfly from above; both sides are the same."""
    upper = smooth(
        [(0.05, -0.1), (0.3, -0.66), (0.78, -0.86), (1.02, -0.52), (0.84, -0.05), (0.4, 0.12)]
    )
    lower = smooth([(0.05, 0.02), (0.5, 0.08), (0.8, 0.3), (0.72, 0.74), (0.42, 0.88), (0.16, 0.5)])
    spot = dice.pick((GLOW, WHITE, THIRD))
    for side in (1, -1):
        flip = flipped if side < 0 else list
        with s.body(flip(lower), SECOND, lean=(0, -0.06)):
            s.fill(flip(moved(scaled(lower, 0.55), 0.0, 0.02)), SECOND + LIGHT)
            s.fill(circle(side * 0.52, 0.56, 0.1), WHITE)
        with s.body(flip(upper), MAIN, lean=(0, -0.07)):
            s.fill(flip(moved(scaled(upper, 0.6), -0.02, 0.02)), MAIN + LIGHT)
            s.fill(circle(side * 0.66, -0.5, 0.15), spot)
            s.fill(circle(side * 0.66, -0.5, 0.07), SECOND)
            for x, y in ((0.9, -0.24), (0.94, -0.44), (0.8, -0.74)):
                s.fill(circle(side * x, y, 0.045), WHITE)
        s.line(
            smooth([(side * 0.04, -0.4), (side * 0.12, -0.72), (side * 0.3, -0.9)], closed=False),
            INK,
            0.045,
        )
        s.fill(circle(side * 0.3, -0.9, 0.06), INK)
    s.solid(ellipse(0, 0.14, 0.1, 0.46), INK + LIGHT, outline=STROKE)
    s.solid(circle(0, -0.38, 0.15), INK + LIGHT, lean=(-0.02, -0.02))
    for side in (-1, 1):
        s.fill(circle(side * 0.06, -0.4, 0.045), WHITE)
        s.fill(circle(side * 0.055, -0.39, 0.022), INK)


def bee(s: Sketch, dice: Dice) -> None:
    """Draw a striped bee with pale wings."""
    for x, y, turn in ((0.02, -0.56, -18), (0.42, -0.5, 22)):
        s.solid(ellipse(x, y, 0.24, 0.42, turn), WHITE, lean=(-0.06, -0.06))
    s.solid(rounded([(0.8, 0.06), (1.12, 0.16), (0.8, 0.3)], 0.03), INK + LIGHT)
    with s.body(ellipse(0.18, 0.16, 0.74, 0.56), MAIN):
        for x in (0.16, 0.56):
            s.fill(
                smooth(
                    [
                        (x - 0.1, -0.6),
                        (x + 0.1, -0.6),
                        (x + 0.16, 0.2),
                        (x + 0.1, 0.9),
                        (x - 0.1, 0.9),
                        (x - 0.03, 0.2),
                    ]
                ),
                INK,
            )
    s.solid(circle(-0.46, 0.1, 0.46), MAIN)
    for x, turn in ((-0.62, -24), (-0.34, 10)):
        s.line(turned([(x, -0.3), (x, -0.66)], turn, x, -0.3), INK, 0.045)
        s.fill(circle(*turned([(x, -0.66)], turn, x, -0.3)[0], 0.065), INK)
    part = Sketch()
    eyes(part, dice.pick(("wide", "tall", "joy")), 0.19)
    part.line(arc(0, 0.12, 0.1, 0.1, 20, 160), INK, 0.045)
    for side in (-1, 1):
        part.fill(ellipse(side * 0.31, 0.15, 0.08, 0.055), BLUSH)
    s.place(part, -0.52, 0.08)


def ladybird(s: Sketch, _dice: Dice) -> None:
    """Draw a ladybird from above."""
    for side in (-1, 1):
        s.line(
            smooth([(side * 0.18, -0.8), (side * 0.26, -1.06), (side * 0.44, -1.14)], closed=False),
            INK,
            0.05,
        )
        for y, reach in ((-0.2, 0.95), (0.2, 1.02), (0.55, 0.92)):
            s.line([(side * 0.5, y), (side * reach, y + 0.1)], INK, 0.08)
    s.solid(ellipse(0, -0.6, 0.46, 0.38), INK + LIGHT)
    for side in (-1, 1):
        white_eye(s, side * 0.2, -0.72, 0.13, side)
    shell = ellipse(0, 0.14, 0.82, 0.76)
    with s.body(shell, MAIN, lean=(-0.08, -0.08)):
        for x, y, radius in ((0.38, -0.22, 0.14), (0.5, 0.28, 0.15), (0.22, 0.6, 0.12)):
            s.fill(circle(x, y, radius), INK)
            s.fill(circle(-x, y, radius), INK)
        s.line([(0, -0.7), (0, 1)], INK, STROKE)
    s.gleam(arc(0, 0.14, 0.66, 0.6, 205, 238), 0.07)


def snail(s: Sketch, _dice: Dice) -> None:
    """Draw a snail with a coiled shell."""
    for x, top in ((-0.86, -0.62), (-0.6, -0.66)):
        s.tube([(-0.7, -0.1), (x, top)], PALE, 0.11)
        white_eye(s, x, top, 0.12, 0)
    foot = smooth(
        [
            (-0.95, 0.1),
            (-0.8, -0.16),
            (-0.56, -0.1),
            (-0.4, 0.34),
            (0.3, 0.56),
            (1.08, 0.72),
            (0.96, 0.84),
            (-0.4, 0.84),
            (-0.8, 0.6),
        ]
    )
    s.solid(foot, PALE)
    with s.body(circle(0.22, 0.02, 0.66), MAIN, lean=(-0.09, -0.09)):
        s.fill(circle(0.2, 0.06, 0.48), SECOND)
        s.fill(circle(0.24, 0.02, 0.3), MAIN + LIGHT)
    coil = [polar(0.22, 0.02, 0.66 - 0.0011 * turn, 60 + turn) for turn in range(0, 560, 12)]
    s.line(coil, INK, STROKE * 1.2)
    s.line(arc(-0.72, 0.22, 0.1, 0.09, 20, 150), INK, 0.042)
    s.fill(ellipse(-0.56, 0.24, 0.07, 0.05), BLUSH)
    s.gleam(arc(0.22, 0.02, 0.56, 0.56, 205, 240), 0.055)


MOTIFS = {
    "butterfly": Motif(butterfly),
    "bee": Motif(bee, (Wish(88, 1.05, 1.05),)),
    "ladybird": Motif(ladybird, (Wish(27, 1.25, 0.88),)),
    "snail": Motif(snail),
}
