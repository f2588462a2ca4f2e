"""Motifs with roots: tree, fir, flower, mushroom, cactus."""

from ..dice import Dice
from ..face import face
from ..geometry import Path, arc, box, circle, ellipse, mirrored, moved, rounded, scaled, smooth
from ..palette import BLUSH, GLOW, LEAF, LIGHT, MAIN, PALE, SECOND, SHADE, WHITE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif
from .parts import petals, puffs, soft_star, sprig


def tree(s: Sketch, dice: Dice) -> None:
    """Draw a round tree with fruit."""
    trunk = mirrored([(0.13, 0), (0.12, 0.6), (0.3, 0.95), (0, 0.9)])
    s.solid(smooth(trunk), WOOD)
    crown = (
        (-0.48, -0.1, 0.4),
        (0.48, -0.1, 0.4),
        (-0.3, -0.52, 0.4),
        (0.3, -0.52, 0.4),
        (0, -0.2, 0.5),
    )
    s.union(puffs(*crown), MAIN, lean=(-0.08, -0.09))
    for x, y in ((-0.5, -0.45), (0.1, -0.72), (0.55, -0.3), (-0.62, 0.02)):
        s.line(arc(x, y, 0.09, 0.07, 200, 340), MAIN + LIGHT, 0.04)
    for x, y in ((-0.28, -0.62), (0.42, -0.55), (0.6, 0.05), (-0.52, -0.12)):
        s.solid(circle(x, y, 0.09), SECOND, lean=(-0.03, -0.03), outline=0.03)
        s.fill(circle(x - 0.03, y - 0.03, 0.022), WHITE)
    face(s, dice, (0, -0.16), 0.8)


def pine(s: Sketch, dice: Dice) -> None:
    """Draw a fir tree, sometimes under snow or with a star on top."""
    s.solid(box(-0.13, 0.6, 0.13, 1, 0.04), WOOD)
    snowy = dice.chance(0.55)
    for top, low, wide in ((-0.05, 0.75, 0.72), (-0.5, 0.3, 0.58), (-0.95, -0.15, 0.43)):
        tier = rounded([(0, top), (wide, low), (-wide, low)], 0.16)
        with s.body(tier, MAIN):
            if snowy:
                cap = [
                    (-0.5, top - 0.1),
                    (0.5, top - 0.1),
                    (0.3, top + 0.34),
                    (0.14, top + 0.28),
                    (0, top + 0.4),
                    (-0.14, top + 0.28),
                    (-0.3, top + 0.34),
                ]
                s.fill(smooth(cap), WHITE)
            else:
                for x in (-0.25, 0.22):
                    s.fill(
                        circle(x * wide * 2, low - 0.18, 0.065), dice.pick((GLOW, SECOND, BLUSH))
                    )
    if dice.chance(0.5):
        s.solid(soft_star(0, -0.97, 0.24), GLOW, lean=(-0.03, -0.03))
    face(s, dice, (0, 0.48), 0.62)


def flower(s: Sketch, dice: Dice) -> None:
    """Draw a blossom on a stem with two leaves."""
    s.tube(smooth([(0, -0.2), (0.04, 0.4), (0, 1.05)], closed=False), LEAF, 0.14)
    sprig(s, 0.02, 0.85, 0.52, 58)
    sprig(s, 0.0, 0.95, 0.46, -60)
    count = dice.pick((5, 6, 8, 10))
    width = {5: 0.3, 6: 0.26, 8: 0.2, 10: 0.16}[count]
    color = dice.pick((MAIN, MAIN, WHITE))
    ring = [moved(path, 0, -0.35) for path in petals(count, 0.42, 0.27, width, -90)]
    for path in ring:
        s.solid(path, color, lean=(-0.04, -0.05))
    for path in ring if color == MAIN else ():
        s.fill(scaled(moved(path, 0, 0), 0.45), MAIN + LIGHT)
    with s.body(circle(0, -0.35, 0.31), GLOW if color == WHITE else SECOND):
        pass
    face(s, dice, (0, -0.37), 0.55)


def mushroom(s: Sketch, dice: Dice) -> None:
    """Draw a toadstool with white spots."""
    stem = smooth(
        mirrored([(0, -0.1), (0.3, -0.05), (0.3, 0.3), (0.4, 0.72), (0.2, 0.9), (0, 0.9)])
    )
    s.solid(stem, PALE)
    sprig(s, 0.38, 0.92, 0.34, 40)
    sprig(s, -0.4, 0.92, 0.28, -42)
    cap = smooth(
        mirrored(
            [
                (0, -0.92),
                (0.48, -0.78),
                (0.86, -0.35),
                (0.9, 0.02),
                (0.62, 0.14),
                (0.3, 0.1),
                (0, 0.14),
            ]
        )
    )
    with s.body(cap, MAIN, lean=(-0.08, -0.12)):
        for x, y, radius in (
            (-0.42, -0.42, 0.17),
            (0.16, -0.6, 0.14),
            (0.5, -0.22, 0.17),
            (-0.76, -0.02, 0.12),
            (0.02, -0.14, 0.1),
        ):
            s.fill(ellipse(x, y, radius, radius * 0.9), WHITE)
    s.gleam(arc(0, -0.1, 0.72, 0.7, 235, 262))
    face(s, dice, (0, 0.42), 0.72, gap=0.24)


def cactus(s: Sketch, dice: Dice) -> None:
    """Draw a potted cactus with a flower."""
    arms: list[Path] = [
        smooth([(0.2, 0.1), (0.55, 0.08), (0.62, -0.3)], closed=False),
        smooth([(-0.2, -0.1), (-0.52, -0.12), (-0.6, -0.5)], closed=False),
    ]
    for arm in arms:
        s.tube(arm, MAIN, 0.26)
    with s.body(box(-0.34, -0.95, 0.34, 0.6, 0.34), MAIN, lean=(-0.1, -0.04)):
        for x in (-0.17, 0.17):
            s.line([(x, -1), (x, -0.45)], MAIN + SHADE, 0.03)
            s.line([(x, 0.12), (x, 0.6)], MAIN + SHADE, 0.03)
    for path in petals(5, 0.13, 0.11, 0.085, -90):
        s.solid(moved(path, 0.1, -0.95), BLUSH, lean=(-0.02, -0.02), outline=0.028)
    s.fill(circle(0.1, -0.95, 0.07), GLOW, outline=0.028)
    with s.body(rounded([(-0.46, 0.42), (0.46, 0.42), (0.36, 1), (-0.36, 1)], 0.07), SECOND):
        s.fill(box(-0.6, 0.7, 0.6, 0.8), WHITE)
    s.solid(box(-0.54, 0.32, 0.54, 0.52, 0.06), SECOND + LIGHT, lean=(0, -0.05))
    face(s, dice, (0, -0.22), 0.72, gap=0.2)


MOTIFS = {
    "tree": Motif(tree, (Wish(142, 0.95, 0.95),)),
    "pine": Motif(pine, (Wish(158, 0.85, 0.85),)),
    "flower": Motif(flower),
    "mushroom": Motif(mushroom, (Wish(28, 1.15, 0.92),)),
    "cactus": Motif(cactus, (Wish(150, 0.9, 0.95),)),
}
