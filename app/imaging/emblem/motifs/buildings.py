"""Buildings: house, castle, lighthouse, windmill."""

from ..dice import Dice
from ..geometry import Path, arc, box, circle, ellipse, moved, rounded, smooth, turned
from ..palette import (
    AQUA,
    GLOW,
    INK,
    LEAF,
    LIGHT,
    MAIN,
    METAL,
    PALE,
    SECOND,
    SHADE,
    THIRD,
    WHITE,
    WOOD,
    Wish,
)
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart, puffs, wave


def house(s: Sketch, dice: Dice) -> None:
    """Draw a house with a door, windows and a smoking chimney."""
    for x, y, size in ((0.56, -1.02, 0.11), (0.7, -1.26, 0.14)):
        s.solid(heart(x, y, size), WHITE, lean=(-0.02, -0.02), outline=0.03)
    s.solid(box(0.38, -0.84, 0.62, -0.2, 0.03), SECOND)
    walls = box(-0.68, -0.2, 0.68, 0.82, 0.05)
    with s.body(walls, PALE):
        s.fill(box(-0.8, -0.3, 0.8, -0.06), PALE + SHADE)
        for x, y in ((-0.56, 0.7), (0.5, 0.2), (-0.6, 0.1)):
            s.line([(x, y), (x + 0.12, y)], PALE + SHADE, 0.035)
    roof = rounded([(0, -0.92), (0.95, -0.14), (0.82, 0.02), (-0.82, 0.02), (-0.95, -0.14)], 0.08)
    with s.body(roof, MAIN):
        for row, y in enumerate((-0.55, -0.33, -0.11)):
            for step in range(-6, 7):
                s.line(arc(0.2 * step + 0.1 * (row % 2), y, 0.1, 0.09, 5, 175), MAIN + SHADE, 0.03)
    s.solid(circle(0, -0.4, 0.15), AQUA, lean=(-0.04, -0.04))
    door: Path = [*arc(0.0, 0.36, 0.19, 0.22, 180, 360), (0.19, 0.82), (-0.19, 0.82)]
    s.solid(door, SECOND, lean=(-0.04, -0.04))
    s.fill(circle(0.11, 0.55, 0.035), GLOW, outline=0.02)
    for x in (-0.43, 0.43):
        pane = box(x - 0.15, 0.22, x + 0.15, 0.52, 0.03)
        s.fill(pane, WHITE, outline=STROKE)
        s.fill(box(x - 0.11, 0.27, x + 0.11, 0.48), dice.pick((AQUA, GLOW + LIGHT)))
        s.line([(x, 0.22), (x, 0.52)], WHITE, 0.035)
        s.line([(x - 0.13, 0.37), (x + 0.13, 0.37)], WHITE, 0.035)
    for x in (-0.52, 0.52):
        s.union(
            puffs((x - 0.15, 0.78, 0.13), (x + 0.13, 0.78, 0.13), (x, 0.7, 0.15)),
            LEAF,
            lean=(-0.03, -0.04),
        )


def castle(s: Sketch, _dice: Dice) -> None:
    """Draw a castle with two towers, flags and a gate."""
    for x in (-0.62, 0.62):
        s.line([(x, -0.6), (x, -1.28)], INK, 0.05)
        pennant = [(x, -1.28), (x + 0.32, -1.17), (x, -1.04)]
        s.solid(rounded(pennant, 0.02), THIRD, lean=(-0.02, -0.03), outline=0.03)
    keep = [
        (-0.45, 0.9),
        (-0.45, -0.3),
        (-0.3, -0.3),
        (-0.3, -0.14),
        (-0.1, -0.14),
        (-0.1, -0.3),
        (0.1, -0.3),
        (0.1, -0.14),
        (0.3, -0.14),
        (0.3, -0.3),
        (0.45, -0.3),
        (0.45, 0.9),
    ]
    s.solid(keep, METAL)
    for x in (-0.62, 0.62):
        with s.body(box(x - 0.26, -0.4, x + 0.26, 0.9, 0.02), METAL):
            for dx, y in ((-0.12, 0.5), (0.06, 0.65), (0.02, 0.2)):
                s.line([(x + dx, y), (x + dx + 0.1, y)], METAL + SHADE, 0.035)
        s.solid(rounded([(x, -1.02), (x + 0.36, -0.36), (x - 0.36, -0.36)], 0.05), MAIN)
        s.fill(
            [*arc(x, -0.06, 0.09, 0.1, 180, 360), (x + 0.09, 0.12), (x - 0.09, 0.12)],
            WHITE,
            outline=0.032,
        )
    gate = [*arc(0, 0.46, 0.24, 0.28, 180, 360), (0.24, 0.9), (-0.24, 0.9)]
    with s.body(gate, WOOD):
        for x in (-0.08, 0.08):
            s.line([(x, 0), (x, 1)], WOOD + SHADE, 0.03)
    s.solid(heart(0, 0.03, 0.12), SECOND, lean=(-0.02, -0.02), outline=0.03)


def lighthouse(s: Sketch, _dice: Dice) -> None:
    """Draw a striped lighthouse on a rock in the sea."""
    for side in (-1, 1):
        beam = rounded([(side * 0.12, -0.66), (side * 0.95, -0.96), (side * 0.95, -0.42)], 0.06)
        s.solid(beam, GLOW + LIGHT, lean=(0, 0), outline=0.03)
    s.solid(rounded([(0, -1.12), (0.28, -0.8), (-0.28, -0.8)], 0.05), MAIN)
    s.solid(box(-0.19, -0.82, 0.19, -0.5, 0.02), GLOW)
    tower = rounded([(-0.26, -0.42), (0.26, -0.42), (0.42, 0.8), (-0.42, 0.8)], 0.03)
    with s.body(tower, WHITE, lean=(-0.12, 0)):
        for y in (-0.3, 0.14, 0.58):
            s.fill([(-0.6, y), (0.6, y), (0.6, y + 0.22), (-0.6, y + 0.22)], MAIN)
            s.fill([(0.22, y), (0.6, y), (0.6, y + 0.22), (0.28, y + 0.22)], MAIN + SHADE)
    s.solid(box(-0.34, -0.54, 0.34, -0.4, 0.04), SECOND, lean=(0, -0.04))
    s.solid(
        smooth([(-0.8, 0.9), (-0.56, 0.62), (-0.2, 0.72), (0.2, 0.66), (0.56, 0.6), (0.8, 0.9)]),
        WOOD,
    )
    sea: Path = [*wave(-0.95, 0.95, 0.84, 0.05, 4), (0.9, 1.08), (-0.9, 1.08)]
    s.solid(rounded(sea, 0.04), AQUA, lean=(0, -0.06))


def windmill(s: Sketch, dice: Dice) -> None:
    """Draw a windmill with four white sails."""
    tower = rounded([(-0.28, -0.4), (0.28, -0.4), (0.46, 0.9), (-0.46, 0.9)], 0.04)
    s.solid(tower, PALE)
    s.solid(
        smooth([(-0.36, -0.34), (-0.2, -0.66), (0, -0.76), (0.2, -0.66), (0.36, -0.34), (0, -0.3)]),
        MAIN,
    )
    s.solid([*arc(0, 0.62, 0.14, 0.16, 180, 360), (0.14, 0.9), (-0.14, 0.9)], SECOND)
    s.fill(circle(0, 0.14, 0.11), AQUA, outline=STROKE)
    turn = dice.between(20, 60)
    for quarter in range(4):
        sail = turned(box(0.2, -0.02, 0.88, 0.26, 0.03), turn + 90 * quarter)
        s.fill(moved(sail, 0, -0.38), WHITE, outline=STROKE)
        for x in (0.42, 0.65):
            s.line(moved(turned([(x, 0), (x, 0.25)], turn + 90 * quarter), 0, -0.38), MAIN, 0.035)
        s.line(moved(turned([(0, 0), (0.92, 0)], turn + 90 * quarter), 0, -0.38), INK, 0.06)
    s.solid(circle(0, -0.38, 0.1), GLOW, lean=(-0.02, -0.02))
    s.solid(ellipse(0, 0.92, 0.86, 0.13), LEAF, lean=(0, -0.04))


MOTIFS = {
    "house": Motif(house),
    "castle": Motif(castle),
    "lighthouse": Motif(lighthouse, (Wish(27, 1.1, 0.92),)),
    "windmill": Motif(windmill),
}
