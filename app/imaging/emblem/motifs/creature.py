"""A monster, invented anew for every prompt."""

from ..dice import Dice
from ..face import white_eye
from ..geometry import Path, arc, circle, ellipse, mirrored, polar, rounded, scaled, smooth, turned
from ..palette import BLUSH, GLOW, INK, LIGHT, MAIN, PALE, SECOND, SHADE, WHITE
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart, wave


def creature(s: Sketch, dice: Dice) -> None:
    """Draw a monster that nobody has met."""
    top, waist, low = dice.between(0.3, 0.62), dice.between(0.5, 0.74), dice.between(0.48, 0.78)
    _headgear(s, dice, top)
    for side in (-1, 1):
        reach = dice.between(-0.35, 0.35)
        s.tube(
            smooth(
                [
                    (side * waist * 0.8, 0.2),
                    (side * (waist + 0.2), 0.3),
                    (side * (waist + 0.3), 0.28 + reach),
                ],
                closed=False,
            ),
            MAIN,
            0.19,
        )
        s.solid(ellipse(side * 0.28, 0.94, 0.22, 0.12), SECOND, lean=(-0.03, -0.04))
    body = smooth(
        mirrored(
            [(0, -0.8), (top, -0.62), (waist, -0.05), (low, 0.55), (low * 0.7, 0.9), (0, 0.94)]
        )
    )
    with s.body(body, MAIN, lean=(-0.1, -0.07)):
        _coat(s, dice)
    s.gleam(arc(0, -0.1, waist * 0.8, 0.56, 208, 236), 0.06)
    _eyes(s, dice)
    _grin(s, dice)


def _headgear(s: Sketch, dice: Dice, top: float) -> None:
    kind = dice.count(0, 3)
    for side in (-1, 1):
        if kind == 0:
            horn = smooth(
                [
                    (side * top * 0.5, -0.6),
                    (side * (top + 0.1), -0.8),
                    (side * (top + 0.12), -1.1),
                    (side * (top + 0.28), -0.76),
                    (side * top, -0.4),
                ]
            )
            s.solid(horn, WHITE, lean=(-0.04, -0.02))
        elif kind == 1:
            tip = (side * (top * 0.6 + 0.16), -1.1)
            s.tube(
                smooth([(side * top * 0.4, -0.66), (side * top * 0.6, -0.9), tip], closed=False),
                MAIN,
                0.11,
            )
            s.solid(circle(*tip, 0.13), GLOW, lean=(-0.03, -0.03))
        elif kind == 2:
            ear = ellipse(side * (top + 0.06), -0.72, 0.22, 0.3, side * 30)
            s.solid(ear, MAIN)
            s.fill(scaled(ear, 0.55), BLUSH + LIGHT)
    for x, turn in ((-0.16, -24), (0, 0), (0.16, 24)) if kind == 3 else ():
        s.solid(turned(ellipse(x, -0.9, 0.11, 0.26), turn, x, -0.7), SECOND)


def _coat(s: Sketch, dice: Dice) -> None:
    kind = dice.count(0, 3)
    if kind == 0:
        s.fill(ellipse(0, 0.66, 0.42, 0.44), dice.pick((PALE, WHITE)))
    elif kind == 1:
        for index in range(14):
            x, y = polar(0, 0.1, 0.2 + 0.062 * index, 137.5 * index)
            s.fill(circle(x, y, 0.05 + 0.05 * dice.unit()), MAIN + SHADE if index % 3 else SECOND)
    elif kind == 2:
        for y in (0.36, 0.58, 0.8):
            s.fill([*wave(-1, 1, y, 0.03, 4), *reversed(wave(-1, 1, y + 0.11, 0.03, 4))], SECOND)
    else:
        s.fill(ellipse(0, 0.98, 0.9, 0.5), SECOND)
        for x in (-0.4, 0, 0.4):
            s.fill(heart(x, 0.74, 0.1), WHITE)


def _eyes(s: Sketch, dice: Dice) -> None:
    kind = dice.count(0, 3)
    if kind == 0:
        white_eye(s, 0, -0.28, 0.3)
    elif kind == 1:
        white_eye(s, -0.24, -0.22, 0.2, -1)
        white_eye(s, 0.24, -0.22, 0.2, 1)
    elif kind == 2:
        white_eye(s, 0, -0.46, 0.15)
        for side in (-1, 1):
            white_eye(s, side * 0.28, -0.2, 0.17, side)
    else:
        white_eye(s, -0.22, -0.24, 0.24, -1)
        white_eye(s, 0.26, -0.26, 0.15, 1)
    for side in (-1, 1):
        s.fill(ellipse(side * 0.42, 0.08, 0.09, 0.06), BLUSH)


def _grin(s: Sketch, dice: Dice) -> None:
    kind = dice.count(0, 2)
    lips: Path = [*arc(0, 0.12, 0.24, 0.24, 0, 180)]
    if kind < 2:
        with s.inside(lips):
            s.fill(lips, INK)
            s.fill(ellipse(0, 0.36, 0.15, 0.1), BLUSH)
            for x in (-0.11, 0.11) if kind else (-0.16, -0.05, 0.06, 0.17):
                s.fill(
                    rounded(
                        [(x - 0.05, 0.1), (x + 0.05, 0.1), (x + 0.04, 0.21), (x - 0.04, 0.21)], 0.02
                    ),
                    WHITE,
                )
        s.line([*lips, *lips[:2]], INK, STROKE)
    else:
        s.line(arc(0, 0.06, 0.2, 0.16, 15, 165), INK, 0.05)
        s.fill([(0.05, 0.21), (0.16, 0.17), (0.13, 0.32)], WHITE, outline=0.025)


MOTIFS = {
    "creature": Motif(creature),
}
