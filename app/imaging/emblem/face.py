"""Faces: what makes a cup or a planet somebody."""

from .dice import Dice
from .geometry import Path, Point, arc, circle, ellipse, smooth
from .palette import BLUSH, INK, WHITE
from .sketch import STROKE, Sketch

EYES = ("beads", "wide", "wide", "joy", "wink", "tall")
MOUTHS = ("smile", "smile", "open", "cat", "round")


def face(sketch: Sketch, dice: Dice, at: Point, size: float, *, gap: float = 0.3) -> None:
    """Draw eyes, cheeks and a mouth around `at`; `size` 1 suits a head one unit wide."""
    part = Sketch()
    eyes(part, dice.pick(EYES), gap)
    if dice.chance(0.8):
        for side in (-1, 1):
            part.fill(ellipse(side * (gap + 0.17), 0.15, 0.095, 0.06), BLUSH)
    mouth(part, dice.pick(MOUTHS), 0.13)
    sketch.place(part, *at, size)


def eyes(sketch: Sketch, style: str, gap: float, y: float = 0) -> None:
    """Draw two eyes `gap` away from the middle, in one of the styles of EYES."""
    for side in (-1, 1):
        x = side * gap
        if style == "joy" or (style == "wink" and side > 0):
            sketch.line(arc(x, y + 0.04, 0.1, 0.1, 195, 345), INK, 0.055)
        elif style == "wide":
            white_eye(sketch, x, y, 0.15, side)
        else:
            tall = 0.135 if style == "tall" else 0.092
            sketch.fill(ellipse(x, y, 0.085, tall), INK)
            sketch.fill(circle(x + 0.03, y - tall * 0.42, 0.034), WHITE)
            sketch.fill(circle(x - 0.03, y + tall * 0.42, 0.017), WHITE)


def white_eye(sketch: Sketch, x: float, y: float, radius: float, side: int = 0) -> None:
    """Draw an outlined white eyeball that looks a little towards the middle."""
    sketch.fill(circle(x, y, radius), WHITE, outline=STROKE)
    pupil = radius * 0.64
    px = x - side * radius * 0.16
    sketch.fill(circle(px, y + radius * 0.08, pupil), INK)
    sketch.fill(circle(px + pupil * 0.34, y - pupil * 0.3, pupil * 0.36), WHITE)
    sketch.fill(circle(px - pupil * 0.34, y + pupil * 0.5, pupil * 0.17), WHITE)


def mouth(sketch: Sketch, style: str, y: float) -> None:
    """Draw a mouth under the eyes, in one of the styles of MOUTHS."""
    if style == "open":
        lips: Path = [*arc(0, y, 0.12, 0.15, 0, 180)]
        with sketch.inside(lips):
            sketch.fill(lips, INK)
            sketch.fill(ellipse(0, y + 0.15, 0.08, 0.07), BLUSH)
        sketch.line([*lips, *lips[:2]], INK, 0.035)
    elif style == "cat":
        for side in (-1, 1):
            sketch.line(arc(side * 0.062, y + 0.01, 0.062, 0.07, 10, 170), INK, 0.042)
    elif style == "round":
        sketch.fill(ellipse(0, y + 0.06, 0.045, 0.055), INK)
    else:
        sketch.line(arc(0, y, 0.11, 0.1, 20, 160), INK, 0.047)


def whiskers(sketch: Sketch, x: float, y: float, reach: float) -> None:
    """Draw two whiskers on each side, starting `x` away from the middle."""
    for side in (-1, 1):
        for lift in (-0.05, 0.05):
            ends: Path = [
                (side * x, y + lift * 0.5),
                (side * (x + reach / 2), y + lift * 1.1),
                (side * (x + reach), y + lift * 2.2),
            ]
            sketch.line(smooth(ends, closed=False), INK, 0.024)
