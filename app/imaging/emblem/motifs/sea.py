"""Motifs from the water: fish, whale, octopus, anchor."""

from ..dice import Dice
from ..face import face, white_eye
from ..geometry import Path, arc, circle, ellipse, mirrored, rounded, smooth
from ..palette import AQUA, BLUSH, DEEP, GLOW, INK, LIGHT, MAIN, PALE, SECOND, SHADE, WHITE, Wish
from ..sketch import Sketch
from .base import Motif


def fish(s: Sketch, dice: Dice) -> None:
    """Draw a fish that swims to the left, with scales or bands."""
    s.solid(
        smooth([(0.5, 0), (0.86, -0.52), (1.06, -0.5), (0.94, 0), (1.06, 0.5), (0.86, 0.52)]),
        SECOND,
    )
    s.solid(smooth([(-0.3, -0.44), (-0.06, -0.86), (0.42, -0.72), (0.4, -0.3)]), SECOND)
    s.solid(smooth([(-0.02, 0.46), (0.12, 0.78), (0.36, 0.66), (0.32, 0.3)]), SECOND)
    body = smooth(
        [
            (-0.98, 0.02),
            (-0.7, -0.4),
            (-0.1, -0.58),
            (0.42, -0.34),
            (0.68, 0),
            (0.42, 0.34),
            (-0.1, 0.58),
            (-0.7, 0.42),
        ]
    )
    style = dice.count(0, 2)
    with s.body(body, MAIN):
        if style == 0:
            for x in (-0.2, 0.22):
                s.fill(
                    smooth(
                        [
                            (x - 0.1, -0.8),
                            (x + 0.12, -0.8),
                            (x + 0.22, 0),
                            (x + 0.12, 0.8),
                            (x - 0.1, 0.8),
                            (x, 0),
                        ]
                    ),
                    WHITE,
                )
        elif style == 1:
            for column in range(4):
                for row in range(-2, 3):
                    s.line(
                        arc(
                            -0.1 + 0.2 * column,
                            0.22 * row + 0.11 * (column % 2),
                            0.1,
                            0.11,
                            -85,
                            85,
                        ),
                        MAIN + SHADE,
                        0.035,
                    )
        else:
            s.fill(ellipse(-0.3, 0.56, 0.8, 0.36), PALE)
    s.solid(
        smooth([(-0.1, 0.06), (0.24, 0.0), (0.3, 0.24), (0.02, 0.3)]), SECOND, lean=(-0.03, -0.04)
    )
    white_eye(s, -0.58, -0.1, 0.16, 0)
    s.line(arc(-0.8, 0.13, 0.13, 0.11, 10, 100), INK, 0.045)
    s.fill(ellipse(-0.46, 0.18, 0.09, 0.06), BLUSH)
    for x, y, radius in ((-1.05, -0.45, 0.09), (-0.9, -0.72, 0.06)):
        s.fill(circle(x, y, radius), WHITE, outline=0.03)


def whale(s: Sketch, _dice: Dice) -> None:
    """Draw a whale that spouts."""
    for side in (-1, 1):
        jet = [
            (-0.2, -0.42),
            (-0.2 + side * 0.1, -0.78),
            (-0.2 + side * 0.36, -0.78),
            (-0.2 + side * 0.4, -0.6),
        ]
        s.tube(smooth(jet, closed=False), AQUA, 0.12)
    body = smooth(
        [
            (-0.98, 0.12),
            (-0.8, -0.3),
            (-0.25, -0.46),
            (0.25, -0.2),
            (0.62, 0.14),
            (0.8, -0.1),
            (0.72, -0.42),
            (0.94, -0.4),
            (1.0, -0.2),
            (1.2, -0.34),
            (1.26, -0.1),
            (1.08, 0.14),
            (0.9, 0.5),
            (0.4, 0.74),
            (-0.5, 0.72),
            (-0.9, 0.5),
        ]
    )
    with s.body(body, MAIN):
        s.fill(
            smooth([(-1.2, 0.34), (-0.5, 0.32), (0.1, 0.5), (0.5, 0.9), (-0.6, 1.1), (-1.2, 0.9)]),
            WHITE,
        )
        for x in (-0.75, -0.5, -0.25):
            s.line(
                smooth([(x, 0.42), (x + 0.08, 0.62), (x + 0.2, 0.8)], closed=False),
                WHITE + DEEP,
                0.03,
            )
    s.solid(
        smooth([(-0.1, 0.38), (0.22, 0.36), (0.3, 0.68), (0.1, 0.74), (-0.06, 0.56)]),
        MAIN,
        lean=(-0.04, -0.06),
    )
    white_eye(s, -0.58, 0.02, 0.12, 0)
    s.fill(ellipse(-0.4, 0.2, 0.1, 0.06), BLUSH)
    s.gleam(arc(-0.3, 0.1, 0.5, 0.42, 235, 265), 0.06)


def octopus(s: Sketch, dice: Dice) -> None:
    """Draw an octopus with curling arms."""
    arms: list[Path] = [
        [(0.3, 0.2), (0.72, 0.34), (0.98, 0.1), (0.86, -0.08)],
        [(0.3, 0.3), (0.6, 0.66), (0.92, 0.62), (0.96, 0.42)],
        [(0.14, 0.36), (0.26, 0.82), (0.5, 0.94), (0.62, 0.8)],
    ]
    for arm in arms:
        for side in (1, -1):
            s.tube(smooth([(side * x, y) for x, y in arm], closed=False), MAIN, 0.23)
    head = smooth(
        mirrored(
            [
                (0, -0.95),
                (0.42, -0.84),
                (0.64, -0.42),
                (0.5, 0.05),
                (0.4, 0.4),
                (0.16, 0.52),
                (0, 0.46),
            ]
        )
    )
    with s.body(head, MAIN, lean=(-0.09, -0.08)):
        for x, y, radius in ((0.3, -0.68, 0.1), (0.46, -0.46, 0.06), (0.1, -0.82, 0.06)):
            s.fill(circle(x, y, radius), MAIN + LIGHT)
    s.gleam(arc(0, -0.4, 0.46, 0.42, 200, 238), 0.07)
    face(s, dice, (0, -0.16), 0.95)


def anchor(s: Sketch, _dice: Dice) -> None:
    """Draw an anchor; its ring is a real hole."""
    s.tube(arc(0, -0.72, 0.2, 0.2, 0, 360), MAIN, 0.17)
    s.tube(arc(0, 0.05, 0.76, 0.78, 18, 162), MAIN, 0.24)
    s.tube([(0, -0.5), (0, 0.82)], MAIN, 0.24)
    s.line([(0, 0.6), (0, 0.85)], MAIN, 0.2)
    s.tube([(-0.42, -0.32), (0.42, -0.32)], SECOND, 0.22)
    for side in (-1, 1):
        fluke = rounded([(side * 0.98, 0.06), (side * 0.42, 0.3), (side * 0.86, 0.56)], 0.05)
        s.solid(fluke, MAIN, lean=(-0.04, -0.04))
    s.line([(-0.05, -0.2), (-0.05, 0.66)], MAIN + LIGHT, 0.05)
    s.fill(circle(0, -0.32, 0.05), GLOW)


MOTIFS = {
    "fish": Motif(fish),
    "whale": Motif(whale, (Wish(240, 0.8, 0.95),)),
    "octopus": Motif(octopus),
    "anchor": Motif(anchor, (Wish(245, 0.7, 0.85),)),
}
