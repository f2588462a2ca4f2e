"""Ways to fly: rocket, balloon, aeroplane, flying saucer."""

from ..dice import Dice
from ..face import eyes, face
from ..geometry import Path, arc, box, circle, ellipse, mirrored, rounded, smooth
from ..palette import AQUA, BLUSH, GLOW, INK, LIGHT, MAIN, SECOND, SHADE, THIRD, WHITE, WOOD
from ..sketch import STROKE, Sketch
from .base import Motif


def rocket(s: Sketch, dice: Dice) -> None:
    """Draw a rocket under way, upright or leaning."""
    part = Sketch()
    part.solid(
        smooth(mirrored([(0, 0.5), (0.26, 0.62), (0.24, 0.86), (0.1, 0.98), (0, 1.3)])),
        BLUSH,
        lean=(0, 0),
    )
    part.fill(smooth(mirrored([(0, 0.5), (0.15, 0.64), (0.12, 0.8), (0, 1.05)])), GLOW + LIGHT)
    for side in (-1, 1):
        fin = smooth(
            [
                (side * 0.28, 0.05),
                (side * 0.62, 0.34),
                (side * 0.7, 0.78),
                (side * 0.5, 0.66),
                (side * 0.26, 0.58),
            ]
        )
        part.solid(fin, MAIN)
    hull = smooth(
        mirrored([(0, -1.12), (0.26, -0.82), (0.42, -0.3), (0.42, 0.14), (0.28, 0.62), (0, 0.64)])
    )
    with part.body(hull, WHITE, lean=(-0.12, -0.03)):
        part.fill([(-1, -1.3), (1, -1.3), (1, -0.62), (0, -0.55), (-1, -0.62)], MAIN)
        part.fill([(0.1, -1.3), (1, -1.3), (1, -0.62), (0.16, -0.56)], MAIN + SHADE)
        part.line([(-1, -0.62), (0, -0.55), (1, -0.62)], INK, STROKE)
        part.fill(box(-1, 0.42, 1, 0.52), MAIN)
    part.solid(circle(0, -0.14, 0.26), SECOND, lean=(-0.03, -0.03))
    with part.body(circle(0, -0.14, 0.18), AQUA, lean=(-0.04, -0.04)):
        part.line([(-0.14, 0), (0.06, -0.3)], WHITE, 0.06)
    part.solid(
        smooth(mirrored([(0, 0.2), (0.07, 0.3), (0.07, 0.72), (0, 0.82)])), MAIN, lean=(-0.03, 0)
    )
    s.place(part, turn=dice.pick((0, 28, 35, -28)))


def balloon(s: Sketch, dice: Dice) -> None:
    """Draw a hot-air balloon; between its ropes one sees through."""
    for x in (-0.2, 0.2):
        s.line([(x * 1.6, 0.2), (x, 0.74)], INK, 0.05)
    s.line([(0, 0.2), (0, 0.7)], INK, 0.04)
    skin = smooth(
        mirrored([(0, -1.1), (0.46, -0.98), (0.78, -0.52), (0.68, -0.06), (0.34, 0.36), (0, 0.42)])
    )
    colors = dice.pick(((SECOND, WHITE), (WHITE, GLOW), (SECOND, THIRD), (WHITE, SECOND)))
    with s.body(skin, MAIN, lean=(-0.1, -0.06)):
        for side in (-1, 1):
            gore = [
                (0, -1.2),
                (side * 0.5, -0.8),
                (side * 0.56, -0.3),
                (side * 0.2, 0.5),
                (side * 0.08, 0.5),
                (side * 0.3, -0.3),
                (side * 0.24, -0.8),
            ]
            s.fill(smooth(gore), colors[0])
        s.fill(smooth(mirrored([(0, -1.2), (0.1, -0.8), (0.12, -0.3), (0.05, 0.6)])), colors[1])
        s.fill([(-1, 0.18), (1, 0.18), (1, 0.6), (-1, 0.6)], MAIN + SHADE)
    s.gleam(arc(0, -0.4, 0.62, 0.56, 200, 232), 0.06)
    face(s, dice, (0, -0.4), 0.9)
    with s.body(rounded([(-0.25, 0.7), (0.25, 0.7), (0.2, 1.08), (-0.2, 1.08)], 0.06), WOOD):
        for y in (0.86, 0.98):
            s.line([(-0.3, y), (0.3, y)], WOOD + SHADE, 0.035)
    s.solid(box(-0.3, 0.66, 0.3, 0.78, 0.05), SECOND, lean=(0, -0.03))


def aeroplane(s: Sketch, _dice: Dice) -> None:
    """Draw a plump aeroplane from the side."""
    s.solid(rounded([(0.62, -0.1), (0.8, -0.72), (1.08, -0.76), (1.02, 0.0)], 0.1), SECOND)
    s.solid(
        rounded([(-0.1, -0.2), (0.34, -0.66), (0.56, -0.66), (0.36, -0.16)], 0.07),
        SECOND,
        lean=(-0.03, -0.03),
    )
    hull = smooth(
        [
            (-1.02, 0.12),
            (-0.86, -0.26),
            (-0.3, -0.4),
            (0.4, -0.26),
            (1.06, -0.12),
            (1.08, 0.06),
            (0.4, 0.4),
            (-0.4, 0.48),
            (-0.88, 0.36),
        ]
    )
    with s.body(hull, WHITE, lean=(-0.02, -0.1)):
        s.fill(smooth([(-1.3, 0.22), (0, 0.26), (1.3, 0.0), (1.2, 0.8), (-1.2, 0.8)]), MAIN)
    for x in (-0.2, 0.06, 0.32, 0.58):
        s.fill(circle(x, -0.1, 0.085), AQUA, outline=0.03)
    s.solid(
        rounded([(-0.86, -0.2), (-0.62, -0.34), (-0.46, -0.12), (-0.84, -0.02)], 0.06),
        AQUA,
        lean=(-0.02, -0.03),
    )
    s.solid(rounded([(-0.16, 0.16), (0.36, 0.16), (0.64, 0.74), (0.38, 0.76)], 0.09), SECOND)
    s.line(arc(-0.86, 0.14, 0.12, 0.1, 30, 130), INK, 0.045)
    for x, y, wide in ((-0.7, 0.74, 0.3), (-0.4, 0.9, 0.2)):
        s.line([(x, y), (x + wide, y)], AQUA + SHADE, 0.05)


def saucer(s: Sketch, dice: Dice) -> None:
    """Draw a flying saucer with its pilot under glass."""
    beam = rounded([(-0.3, 0.2), (0.3, 0.2), (0.62, 1.0), (-0.62, 1.0)], 0.06)
    with s.body(beam, GLOW + LIGHT, lean=(0, 0), outline=0.03):
        s.fill([(-0.12, 0.2), (0.12, 0.2), (0.26, 1.1), (-0.26, 1.1)], WHITE)
    dome: Path = [*arc(0, -0.12, 0.5, 0.66, 180, 360)]
    with s.body(dome, AQUA, lean=(-0.06, -0.04)):
        s.solid(ellipse(0, -0.28, 0.31, 0.36), SECOND)
        pilot = Sketch()
        eyes(pilot, dice.pick(("wide", "tall")), 0.21)
        pilot.line(arc(0, 0.16, 0.1, 0.08, 20, 160), INK, 0.05)
        s.place(pilot, 0, -0.4, 0.68)
        s.line(arc(0, -0.12, 0.4, 0.55, 205, 240), WHITE, 0.05)
    with s.body(ellipse(0, 0.08, 0.98, 0.32), MAIN, lean=(-0.03, -0.08)):
        s.fill(ellipse(0, -0.1, 0.7, 0.22), MAIN + LIGHT)
    for x, y in ((-0.66, 0.1), (-0.24, 0.21), (0.24, 0.21), (0.66, 0.1)):
        s.fill(circle(x, y, 0.085), dice.pick((GLOW, WHITE, BLUSH)), outline=0.03)


MOTIFS = {
    "rocket": Motif(rocket),
    "balloon": Motif(balloon),
    "aeroplane": Motif(aeroplane),
    "saucer": Motif(saucer),
}
