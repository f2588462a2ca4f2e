"""Sweets: cupcake, ice cream, doughnut, birthday cake."""

from ..dice import Dice
from ..face import face
from ..geometry import (
    Path,
    arc,
    box,
    circle,
    ellipse,
    mirrored,
    moved,
    polar,
    rounded,
    smooth,
    turned,
)
from ..palette import AQUA, BLUSH, GLOW, INK, LIGHT, MAIN, SECOND, THIRD, WHITE, WOOD, Wish
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import wave


def cupcake(s: Sketch, dice: Dice) -> None:
    """Draw a cupcake with icing and a cherry."""
    case = rounded([(-0.62, 0.1), (0.62, 0.1), (0.44, 0.92), (-0.44, 0.92)], 0.07)
    with s.body(case, SECOND):
        for x in (-0.42, -0.14, 0.14, 0.42):
            s.fill(
                [
                    (x * 1.1 - 0.06, 0),
                    (x * 1.1 + 0.06, 0),
                    (x * 0.8 + 0.04, 1),
                    (x * 0.8 - 0.04, 1),
                ],
                SECOND + LIGHT,
            )
    icing = dice.pick((MAIN, MAIN, WHITE))
    for y, wide, high in ((0.08, 0.78, 0.26), (-0.24, 0.6, 0.26), (-0.54, 0.4, 0.24)):
        s.solid(
            smooth(
                [
                    (-wide, y),
                    (-wide * 0.7, y - high),
                    (wide * 0.7, y - high),
                    (wide, y),
                    (wide * 0.6, y + high * 0.6),
                    (0, y + high * 0.75),
                    (-wide * 0.6, y + high * 0.6),
                ]
            ),
            icing,
        )
    for x, y, turn in (
        (-0.46, -0.02, 30),
        (0.5, -0.06, -40),
        (-0.3, -0.34, -20),
        (0.3, -0.36, 35),
        (0.02, -0.44, 80),
    ):
        color = dice.pick((GLOW, THIRD, AQUA, WHITE if icing == MAIN else BLUSH))
        s.line(turned([(x - 0.05, y), (x + 0.05, y)], turn, x, y), color, 0.05)
    s.line(smooth([(0.0, -0.86), (0.06, -1.06), (0.2, -1.14)], closed=False), INK, 0.045)
    s.solid(circle(0, -0.8, 0.17), BLUSH, lean=(-0.04, -0.04))
    s.fill(circle(-0.05, -0.85, 0.04), WHITE)
    face(s, dice, (0, 0.5), 0.7, gap=0.24)


def ice_cream(s: Sketch, dice: Dice) -> None:
    """Draw a cone with two or three scoops."""
    cone = rounded([(-0.46, 0.05), (0.46, 0.05), (0, 1.1)], 0.06)
    with s.body(cone, WOOD + LIGHT):
        for x in (-0.6, -0.3, 0, 0.3, 0.6):
            s.line([(x, 0), (x + 0.6, 1)], WOOD, 0.035)
            s.line([(x, 0), (x - 0.6, 1)], WOOD, 0.035)
    scoops = [(-0.26, -0.34, 0.38, SECOND), (0.27, -0.34, 0.38, WHITE), (0, -0.74, 0.36, MAIN)]
    if dice.chance(0.4):
        scoops = [(0, -0.6, 0.38, SECOND), (0, -0.2, 0.48, MAIN)]
    for x, y, radius, color in scoops:
        s.solid(circle(x, y, radius), color)
        s.gleam(arc(x, y, radius * 0.72, radius * 0.72, 205, 245), 0.05)
    drip = smooth(
        [
            (-0.6, -0.06),
            (0, -0.14),
            (0.6, -0.06),
            (0.58, 0.1),
            (0.36, 0.14),
            (0.24, 0.34),
            (0.12, 0.14),
            (-0.12, 0.16),
            (-0.24, 0.28),
            (-0.36, 0.14),
            (-0.58, 0.1),
        ]
    )
    s.solid(drip, MAIN, lean=(-0.02, -0.06))
    face(s, dice, (0, -0.76 if len(scoops) == 3 else -0.24), 0.62)
    top = scoops[-1] if len(scoops) == 3 else scoops[0]
    s.solid(circle(0.05, top[1] - top[2] - 0.07, 0.13), BLUSH, lean=(-0.03, -0.03))


def doughnut(s: Sketch, dice: Dice) -> None:
    """Draw a doughnut around a real hole."""
    with s.body(circle(0, 0.03, 0.96), WOOD + LIGHT, lean=(-0.05, -0.1)):
        pass
    bumps = dice.pick((8, 9, 10))
    icing = [polar(0, 0, 0.8 + 0.075 * (i % 2), 180 * i / bumps) for i in range(2 * bumps)]
    with s.body(smooth(icing), MAIN, lean=(-0.05, -0.07)):
        for index in range(22):
            angle, reach = index * 137.5, 0.46 + 0.3 * dice.unit()
            x, y = polar(0, 0, reach, angle)
            color = dice.pick((WHITE, GLOW, AQUA, SECOND))
            s.line(
                turned([(x - 0.055, y), (x + 0.055, y)], dice.between(0, 180), x, y), color, 0.055
            )
    s.gleam(arc(0, 0, 0.68, 0.68, 205, 235), 0.07)
    s.fill(circle(0, 0.02, 0.34), WOOD + LIGHT, outline=STROKE)
    s.fill(circle(0, 0.05, 0.27), 0, outline=STROKE)


def cake(s: Sketch, dice: Dice) -> None:
    """Draw a birthday cake with candles."""
    spark = smooth(mirrored([(0, -1.12), (0.075, -0.94), (0, -0.86)]))
    for x in (-0.34, 0, 0.34):
        s.solid(moved(spark, x, 0), GLOW, lean=(-0.02, 0), outline=0.03)
        with s.body(
            box(x - 0.06, -0.84, x + 0.06, -0.4, 0.02), WHITE, lean=(-0.03, 0), outline=0.03
        ):
            for y in (-0.78, -0.6, -0.42):
                s.line([(x - 0.1, y), (x + 0.1, y - 0.1)], SECOND, 0.045)
    s.solid(ellipse(0, 0.78, 1.0, 0.17), AQUA, lean=(0, -0.05))
    for y0, y1, wide, color in ((0.1, 0.8, 0.8, MAIN), (-0.46, 0.16, 0.58, SECOND)):
        with s.body(box(-wide, y0, wide, y1, 0.12), color, lean=(-0.12, 0)):
            cream: Path = [
                (-wide - 0.1, y0 - 0.1),
                (wide + 0.1, y0 - 0.1),
                *reversed(wave(-wide - 0.1, wide + 0.1, y0 + 0.2, 0.07, 4.5)),
            ]
            s.fill(cream, WHITE)
            s.line(wave(-wide - 0.1, wide + 0.1, y0 + 0.2, 0.07, 4.5), INK, STROKE)
    for x in (-0.5, 0, 0.5):
        s.fill(circle(x, 0.68, 0.06), GLOW)
    face(s, dice, (0, 0.48), 0.62)


MOTIFS = {
    "cupcake": Motif(cupcake),
    "ice cream": Motif(ice_cream),
    "doughnut": Motif(doughnut, (Wish(355, 0.9, 1.06),)),
    "cake": Motif(cake),
}
