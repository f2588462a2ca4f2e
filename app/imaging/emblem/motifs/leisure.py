"""For days off: umbrella, guitar."""

from ..dice import Dice
from ..face import face
from ..geometry import Path, arc, box, circle, mirrored, rounded, scaled, smooth
from ..palette import INK, LIGHT, MAIN, SECOND, WHITE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif


def umbrella(s: Sketch, dice: Dice) -> None:
    """Draw an open umbrella."""
    s.tube([(0, -0.2), (0, 0.72), *arc(0.19, 0.72, 0.19, 0.22, 180, 20)], WOOD, 0.13)
    s.line([(0, -0.9), (0, -1.06)], INK, 0.09)
    edge = 0.1
    canopy: Path = [*arc(0, edge, 1, 1.02, 180, 360)]
    for x in (0.75, 0.25, -0.25, -0.75):
        canopy += arc(x, edge, 0.25, 0.15, 0, -180)
    colors = dice.pick(((MAIN, WHITE), (MAIN, SECOND), (MAIN, MAIN + LIGHT)))
    with s.body(canopy, MAIN, lean=(-0.06, -0.06)):
        for low, high in ((-1.1, -0.5), (0, 0.5)):
            left = smooth([(0, -0.92), (low * 0.75, -0.5), (low, edge)], closed=False)
            right = smooth([(high, edge), (high * 0.75, -0.5), (0, -0.92)], closed=False)
            s.fill([*left, (low, 0.4), (high, 0.4), *right], colors[1])
    for x in (-0.5, 0, 0.5):
        bend = smooth([(0, -0.92), (x * 0.75, -0.5), (x, edge)], closed=False)
        s.line(bend, INK, 0.028)
    face(s, dice, (0, -0.34), 0.8)


def guitar(s: Sketch, dice: Dice) -> None:
    """Draw a guitar."""
    part = Sketch()
    part.solid(box(-0.1, -0.95, 0.1, 0.1, 0.03), WOOD, lean=(-0.05, 0))
    part.solid(
        rounded([(-0.17, -1.3), (0.17, -1.3), (0.13, -0.92), (-0.13, -0.92)], 0.06),
        MAIN,
        lean=(-0.04, 0),
    )
    for side in (-1, 1):
        for y in (-1.2, -1.05):
            part.fill(circle(side * 0.2, y, 0.055), WHITE, outline=0.03)
    body = smooth(
        mirrored(
            [
                (0, -0.22),
                (0.3, -0.24),
                (0.42, 0.02),
                (0.34, 0.26),
                (0.56, 0.56),
                (0.44, 0.92),
                (0, 1.0),
            ]
        )
    )
    with part.body(body, MAIN):
        part.fill(scaled(body, 0.8), MAIN + LIGHT)
    part.solid(circle(0, 0.24, 0.2), WHITE, lean=(0, 0))
    part.fill(circle(0, 0.24, 0.13), INK)
    for x in (-0.045, 0.0, 0.045):
        part.line([(x, -0.95), (x, 0.66)], WHITE, 0.014)
    part.solid(box(-0.2, 0.62, 0.2, 0.74, 0.04), WOOD, lean=(0, -0.03))
    s.place(part, turn=dice.pick((30, 38, -32)))


MOTIFS = {
    "umbrella": Motif(umbrella),
    "guitar": Motif(guitar, (Wish(55, 0.9, 0.95),)),
}
