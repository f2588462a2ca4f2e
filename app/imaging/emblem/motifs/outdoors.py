"""Outdoors: mountain, tent, island."""

from ..dice import Dice
from ..face import face
from ..geometry import Path, circle, ellipse, moved, rounded, smooth, turned
from ..palette import GLOW, INK, LEAF, MAIN, PALE, SECOND, SHADE, THIRD, WHITE, WOOD, Wish
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import wave


def mountain(s: Sketch, dice: Dice) -> None:
    """Draw snowy peaks with the sun or the moon behind them."""
    disc = circle(dice.pick((-0.52, 0.5)), -0.5, 0.36)
    s.solid(disc, GLOW, lean=(-0.05, -0.05))
    peaks = ((0.48, -0.3, 0.62, SECOND), (-0.26, -0.92, 0.86, MAIN))
    for x, top, wide, color in peaks:
        slope = rounded([(x, top), (x + wide, 0.85), (x - wide, 0.85)], 0.1)
        with s.body(slope, color, lean=(-0.22, 0.06)):
            low = top + 0.56
            cap = [
                (x, top - 0.2),
                (x + 0.6, low - 0.1),
                (x + 0.2, low + 0.02),
                (x + 0.1, low - 0.12),
                (x - 0.03, low + 0.1),
                (x - 0.16, low - 0.1),
                (x - 0.32, low + 0.04),
                (x - 0.6, low),
            ]
            s.fill(rounded(cap, 0.03), WHITE)
            s.fill(
                rounded(
                    [(x + 0.01, top), (x + 0.6, low), (x + 0.2, low + 0.02), (x + 0.1, low - 0.12)],
                    0.02,
                ),
                WHITE + SHADE,
            )
    ground = smooth(
        [
            (-1.05, 0.86),
            (-0.8, 0.6),
            (-0.3, 0.72),
            (0.3, 0.58),
            (0.8, 0.66),
            (1.08, 0.86),
            (0.6, 0.95),
            (-0.6, 0.95),
        ]
    )
    s.solid(ground, LEAF, lean=(0, -0.07))
    for x, y, size in ((-0.62, 0.72, 0.24), (0.2, 0.7, 0.3), (0.56, 0.74, 0.22)):
        s.solid(
            rounded([(x, y - size * 1.5), (x + size * 0.5, y), (x - size * 0.5, y)], 0.05),
            LEAF,
            lean=(-0.05, 0),
            outline=0.03,
        )


def tent(s: Sketch, _dice: Dice) -> None:
    """Draw a tent among fir trees."""
    for x, size in ((-0.78, 0.62), (0.74, 0.8)):
        for lift in (0, 0.5):
            tier = [
                (x, 0.5 - size - lift * size),
                (x + size * 0.36, 0.72 - lift * size),
                (x - size * 0.36, 0.72 - lift * size),
            ]
            s.solid(rounded(tier, 0.08), LEAF)
    body = rounded([(0, -0.66), (0.92, 0.78), (-0.92, 0.78)], 0.07)
    with s.body(body, MAIN):
        for x in (-0.62, 0.34):
            s.fill([(0, -0.7), (x, 0.9), (x + 0.28, 0.9)], WHITE)
    s.fill(rounded([(0, -0.22), (0.34, 0.78), (-0.34, 0.78)], 0.03), INK, outline=STROKE)
    for side in (-1, 1):
        flap = rounded(
            [(0, -0.22), (side * 0.4, 0.78), (side * 0.24, 0.76), (side * 0.08, 0.2)], 0.02
        )
        s.solid(flap, SECOND, lean=(-0.03, 0))
    s.line([(0, -0.62), (0, -0.98)], INK, 0.05)
    s.solid(rounded([(0, -0.98), (0.3, -0.87), (0, -0.76)], 0.02), THIRD, lean=(-0.02, -0.02))
    s.solid(ellipse(0, 0.82, 1.0, 0.1), LEAF, lean=(0, -0.03))


def island(s: Sketch, dice: Dice) -> None:
    """Draw a palm on an island, in front of the sun."""
    s.solid(circle(-0.36, -0.1, 0.5), GLOW)
    s.tube(smooth([(0.3, 0.6), (0.22, 0.1), (0.36, -0.5)], closed=False), WOOD, 0.2)
    for y in (-0.2, 0.1, 0.4):
        s.line([(0.18, y), (0.34, y - 0.03)], WOOD + SHADE, 0.035)
    for turn in (-160, -205, -115, -20, 25, -65):
        frond = smooth([(0, 0), (0.34, -0.16), (0.72, 0.06), (0.38, 0.06)])
        s.solid(moved(turned(frond, turn), 0.36, -0.52), LEAF, lean=(-0.02, -0.05))
    for x, y in ((0.3, -0.42), (0.45, -0.4)):
        s.solid(circle(x, y, 0.085), WOOD, lean=(-0.02, -0.02), outline=0.03)
    s.solid(
        smooth([(-0.8, 0.78), (-0.4, 0.52), (0.2, 0.42), (0.66, 0.56), (0.86, 0.78), (0, 0.86)]),
        PALE,
    )
    sea: Path = [*wave(-1, 1, 0.72, 0.05, 4), (0.86, 1), (-0.86, 1)]
    with s.body(rounded(sea, 0.04), MAIN, lean=(0, -0.06)):
        s.line(wave(-0.6, 0.3, 0.88, 0.025, 3), WHITE, 0.035)
    face(s, dice, (-0.36, -0.12), 0.5)


MOTIFS = {
    "mountain": Motif(mountain),
    "tent": Motif(tent),
    "island": Motif(island, (Wish(225, 0.85, 1.0),)),
}
