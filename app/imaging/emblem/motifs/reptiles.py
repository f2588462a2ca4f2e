"""Turtle, frog and dinosaur."""

from ..dice import Dice
from ..face import white_eye
from ..geometry import Path, arc, circle, ellipse, regular, rounded, smooth
from ..palette import BLUSH, INK, LEAF, LIGHT, MAIN, PALE, SECOND, SHADE, THIRD, Wish
from ..sketch import STROKE, Sketch
from .base import Motif


def turtle(s: Sketch, _dice: Dice) -> None:
    """Draw a turtle with a patterned shell."""
    for x in (-0.42, 0.42):
        s.solid(box_leg(x), LEAF)
    s.solid(smooth([(0.7, 0.38), (1.02, 0.46), (0.72, 0.58)]), LEAF, lean=(-0.02, -0.03))
    neck = smooth(
        [
            (-0.5, 0.4),
            (-0.66, 0.0),
            (-0.62, -0.26),
            (-0.86, -0.46),
            (-1.16, -0.3),
            (-1.18, 0.0),
            (-1.0, 0.16),
            (-0.9, 0.44),
            (-0.66, 0.6),
        ]
    )
    s.solid(neck, LEAF)
    dome = [*arc(0.06, 0.42, 0.8, 1.02, 180, 360)]
    with s.body(dome, MAIN, lean=(-0.08, -0.06)):
        for x, y in ((0.06, -0.12), (-0.4, 0.22), (0.52, 0.22)):
            s.fill(rounded(regular(x, y, 0.24, 6, 0), 0.06), THIRD + LIGHT, outline=STROKE)
    s.solid(
        smooth([(-0.82, 0.4), (0.06, 0.34), (0.94, 0.4), (0.9, 0.58), (0.06, 0.62), (-0.78, 0.58)]),
        PALE,
        lean=(0, -0.05),
    )
    white_eye(s, -0.98, -0.18, 0.115, 0)
    s.line(arc(-1.02, 0.0, 0.09, 0.07, 20, 150), INK, 0.04)
    s.fill(ellipse(-0.84, -0.01, 0.065, 0.045), BLUSH)


def box_leg(x: float) -> Path:
    """Return a stubby leg under (x, 0.5)."""
    return rounded([(x - 0.16, 0.45), (x + 0.18, 0.45), (x + 0.16, 0.9), (x - 0.18, 0.9)], 0.1)


def frog(s: Sketch, _dice: Dice) -> None:
    """Draw a frog with bulging white eyes."""
    for side in (-1, 1):
        s.solid(ellipse(side * 0.6, 0.56, 0.34, 0.3, side * 30), MAIN)
        s.solid(ellipse(side * 0.62, 0.84, 0.32, 0.11), MAIN, lean=(-0.03, -0.04))
    with s.body(ellipse(0, 0.42, 0.56, 0.5), MAIN):
        s.fill(ellipse(0, 0.56, 0.38, 0.42), PALE)
    for side in (-1, 1):
        s.solid(ellipse(side * 0.2, 0.88, 0.16, 0.1), MAIN, lean=(-0.03, -0.04))
        s.solid(circle(side * 0.42, -0.56, 0.27), MAIN)
    with s.body(ellipse(0, -0.16, 0.8, 0.5), MAIN, lean=(-0.06, -0.08)):
        s.fill(ellipse(0, 0.2, 0.62, 0.26), MAIN + LIGHT)
    for side in (-1, 1):
        s.fill(circle(side * 0.4, -0.5, 0.24), MAIN)
        white_eye(s, side * 0.42, -0.56, 0.19, side)
        s.fill(ellipse(side * 0.52, -0.06, 0.12, 0.075), BLUSH)
        s.fill(circle(side * 0.07, -0.16, 0.02), INK)
    s.line(arc(0, -0.3, 0.42, 0.34, 40, 140), INK, 0.05)


def dinosaur(s: Sketch, _dice: Dice) -> None:
    """Draw a small dinosaur with plates along its back."""
    for x, y, odd in (
        (0.06, -0.86, 0),
        (0.26, -0.52, 1),
        (0.34, -0.12, 0),
        (0.56, 0.16, 1),
        (0.86, 0.34, 0),
    ):
        plate = rounded([(x - 0.24, y + 0.16), (x + 0.06, y - 0.24), (x + 0.2, y + 0.24)], 0.05)
        s.solid(plate, SECOND if odd == 0 else THIRD, lean=(-0.03, -0.03))
    body = smooth(
        [
            (-0.66, -0.88),
            (-0.1, -0.94),
            (0.2, -0.62),
            (0.24, -0.2),
            (0.48, 0.18),
            (0.76, 0.4),
            (1.1, 0.36),
            (0.98, 0.7),
            (0.6, 0.84),
            (0.46, 0.95),
            (-0.36, 0.95),
            (-0.5, 0.6),
            (-0.46, 0.2),
            (-0.4, -0.12),
            (-0.76, -0.16),
            (-0.98, -0.44),
        ]
    )
    with s.body(body, MAIN):
        s.fill(ellipse(-0.3, 0.56, 0.36, 0.5), PALE)
        for y in (0.3, 0.48, 0.66):
            s.line([(-0.6, y), (0.02, y)], PALE + SHADE, 0.03)
    s.solid(ellipse(-0.42, 0.26, 0.2, 0.1, 20), MAIN, lean=(-0.02, -0.04))
    for x in (-0.22, 0.34):
        s.solid(ellipse(x, 0.92, 0.22, 0.11), MAIN, lean=(-0.03, -0.04))
    white_eye(s, -0.36, -0.6, 0.155, 0)
    s.fill(circle(-0.84, -0.56, 0.025), INK)
    s.line(arc(-0.62, -0.46, 0.3, 0.18, 20, 150), INK, 0.045)
    s.fill(ellipse(-0.2, -0.36, 0.1, 0.065), BLUSH)


MOTIFS = {
    "turtle": Motif(turtle),
    "frog": Motif(frog, (Wish(138, 1.0, 1.0),)),
    "dinosaur": Motif(dinosaur),
}
