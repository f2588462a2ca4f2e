"""Machines: camera, gear, robot, computer."""

from ..dice import Dice
from ..face import EYES, eyes, face
from ..geometry import Path, arc, box, circle, ellipse, polar, rounded, smooth
from ..palette import (
    AQUA,
    BLUSH,
    DEEP,
    GLOW,
    INK,
    LEAF,
    LIGHT,
    MAIN,
    METAL,
    PALE,
    SECOND,
    SHADE,
    WHITE,
)
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import heart


def camera(s: Sketch, dice: Dice) -> None:
    """Draw a camera with a large lens."""
    s.solid(rounded([(-0.34, -0.42), (-0.22, -0.7), (0.3, -0.7), (0.42, -0.42)], 0.08), MAIN)
    s.solid(box(-0.78, -0.58, -0.46, -0.4, 0.05), SECOND, lean=(-0.02, -0.03))
    with s.body(box(-0.98, -0.48, 0.98, 0.72, 0.18), MAIN):
        s.fill(box(-1.2, -0.22, 1.2, 0.42), WHITE)
        s.fill(box(0.9, -0.22, 1.2, 0.42), WHITE + SHADE)
    s.solid(circle(0.04, 0.1, 0.52), METAL + LIGHT)
    s.solid(circle(0.04, 0.1, 0.4), INK + LIGHT, lean=(-0.04, -0.04))
    with s.body(circle(0.04, 0.1, 0.29), AQUA, lean=(-0.06, -0.06)):
        s.fill(circle(0.06, 0.12, 0.13), AQUA + DEEP)
    s.gleam(arc(0.04, 0.1, 0.2, 0.2, 190, 250), 0.06)
    s.fill(box(-0.12, -0.62, 0.2, -0.5, 0.03), WHITE, outline=0.03)
    s.fill(circle(0.74, -0.34, 0.075), dice.pick((BLUSH, GLOW)), outline=0.03)


def gear(s: Sketch, dice: Dice) -> None:
    """Draw a cogwheel around a real hole."""
    teeth = dice.pick((8, 9, 10, 12))
    step = 360 / teeth
    rim: Path = []
    for index in range(teeth):
        base = index * step
        rim += [
            polar(0, 0, radius, base + part * step)
            for radius, part in ((0.76, -0.34), (0.98, -0.2), (0.98, 0.2), (0.76, 0.34))
        ]
    with s.body(rounded(rim, 0.05), MAIN, lean=(-0.07, -0.08)):
        s.fill(circle(-0.02, -0.02, 0.64), MAIN + LIGHT)
    if dice.chance(0.5):
        for index in range(5):
            s.fill(circle(*polar(0, 0, 0.46, 72 * index - 90), 0.11), 0, outline=STROKE)
        s.solid(circle(0, 0, 0.22), SECOND)
        s.fill(circle(0, 0, 0.1), 0, outline=STROKE)
    else:
        s.solid(circle(0, 0, 0.48), SECOND)
        s.fill(circle(0, 0, 0.3), 0, outline=STROKE)
    s.gleam(arc(0, 0, 0.62, 0.62, 200, 232), 0.06)


def robot(s: Sketch, dice: Dice) -> None:
    """Draw a friendly robot."""
    s.tube([(0, -0.7), (0, -1.02)], METAL, 0.1)
    s.solid(circle(0, -1.06, 0.13), BLUSH, lean=(-0.03, -0.03))
    for side in (-1, 1):
        s.tube(
            smooth(
                [
                    (side * 0.46, 0.32),
                    (side * 0.76, 0.42),
                    (side * 0.74, 0.66 if side < 0 else 0.08),
                ],
                closed=False,
            ),
            METAL,
            0.17,
        )
        s.solid(circle(side * 0.74, 0.7 if side < 0 else 0.02, 0.14), SECOND, lean=(-0.03, -0.03))
        s.solid(box(side * 0.27 - 0.15, 0.78, side * 0.27 + 0.15, 1.02, 0.08), SECOND)
        s.solid(box(side * 0.74 - 0.12, -0.46, side * 0.74 + 0.12, -0.14, 0.07), SECOND)
    with s.body(box(-0.5, 0.1, 0.5, 0.88, 0.16), MAIN):
        s.fill(box(-0.28, 0.3, 0.28, 0.68, 0.08), WHITE, outline=0.03)
    if dice.chance(0.5):
        s.fill(heart(0, 0.49, 0.15), BLUSH)
    else:
        for x, color in ((-0.15, BLUSH), (0, GLOW), (0.15, LEAF)):
            s.fill(circle(x, 0.49, 0.055), color)
    s.solid(box(-0.74, -0.72, 0.74, 0.16, 0.26), MAIN, lean=(-0.08, -0.07))
    screen = box(-0.56, -0.55, 0.56, -0.02, 0.18)
    s.fill(screen, dice.pick((WHITE, WHITE, PALE)), outline=STROKE)
    face(s, dice, (0, -0.34), 0.85, gap=0.26)
    s.gleam([(-0.62, -0.46), (-0.56, -0.58)], 0.05)


def computer(s: Sketch, dice: Dice) -> None:
    """Draw a desktop computer that smiles."""
    s.solid(rounded([(-0.2, 0.4), (0.2, 0.4), (0.28, 0.8), (-0.28, 0.8)], 0.04), METAL)
    s.solid(box(-0.5, 0.72, 0.5, 0.9, 0.08), METAL, lean=(0, -0.05))
    with s.body(box(-0.95, -0.84, 0.95, 0.52, 0.14), MAIN):
        s.fill(box(-0.8, 0.3, 0.8, 0.44), MAIN)
    with s.body(box(-0.8, -0.69, 0.8, 0.26, 0.08), dice.pick((WHITE, AQUA, PALE)), lean=(0, 0)):
        s.line([(-0.75, -0.3), (-0.35, -0.7)], WHITE, 0.1)
    s.fill(circle(0.74, 0.4, 0.045), LEAF)
    part = Sketch()
    eyes(part, dice.pick(EYES), 0.3)
    part.line(arc(0, 0.1, 0.14, 0.13, 20, 160), INK, 0.05)
    for side in (-1, 1):
        part.fill(ellipse(side * 0.48, 0.15, 0.1, 0.065), BLUSH)
    s.place(part, 0, -0.28)


MOTIFS = {
    "camera": Motif(camera),
    "gear": Motif(gear),
    "robot": Motif(robot),
    "computer": Motif(computer),
}
