"""Water, fire, ice and stone: drop, flame, snowflake, crystal."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, circle, ellipse, moved, polar, rounded, scaled, smooth
from ..palette import GLOW, INK, LIGHT, MAIN, PALE, SECOND, SHADE, THIRD, WHITE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif
from .parts import drop, sparkle


def droplet(s: Sketch, dice: Dice) -> None:
    """Draw a drop of water."""
    with s.body(drop(0, 0, 0.88), MAIN, lean=(-0.12, -0.08)):
        s.fill(ellipse(-0.1, 0.75, 0.6, 0.3), MAIN + LIGHT)
    s.gleam(arc(0, 0.32, 0.5, 0.52, 165, 222), 0.08)
    face(s, dice, (0.02, 0.4), 0.85)


def flame(s: Sketch, dice: Dice) -> None:
    """Draw a fire of three nested tongues."""
    outer = [
        (0.05, -1),
        (0.3, -0.62),
        (0.36, -0.32),
        (0.5, -0.45),
        (0.72, 0.1),
        (0.62, 0.62),
        (0.3, 0.9),
        (-0.3, 0.9),
        (-0.64, 0.6),
        (-0.7, 0.1),
        (-0.5, -0.25),
        (-0.36, -0.1),
        (-0.2, -0.6),
    ]
    path = smooth(outer)
    with s.body(path, MAIN):
        s.fill(moved(scaled(path, 0.72), 0, 0.2), GLOW)
        s.fill(moved(scaled(path, 0.48), 0, 0.36), PALE)
    face(s, dice, (0, 0.42), 0.8)


def snowflake(s: Sketch, dice: Dice) -> None:
    """Draw a six-armed crystal."""
    twig = dice.between(0.26, 0.36)
    arms = []
    for index in range(6):
        angle = 60 * index - 90
        arms.append([(0.0, 0.0), polar(0, 0, 0.98, angle)])
        for reach in (0.48, 0.74):
            fork = polar(0, 0, reach, angle)
            size = twig if reach < 0.6 else twig * 0.62
            arms += [[fork, polar(*fork, size, angle + turn)] for turn in (-52, 52)]
    for arm in arms:
        s.line(arm, INK, 0.2)
    for arm in arms:
        s.line(arm, MAIN, 0.13)
    for arm in arms:
        s.line([(x - 0.015, y - 0.015) for x, y in arm], MAIN + LIGHT, 0.05)
    s.solid(circle(0, 0, 0.24), WHITE, lean=(-0.04, -0.04))
    s.fill(sparkle(0, 0, 0.15), SECOND)


def crystal(s: Sketch, dice: Dice) -> None:
    """Draw a cluster of crystals."""
    for x, turn, size, color in (
        (-0.42, -26, 0.7, SECOND),
        (0.44, 24, 0.78, THIRD),
        (0.02, 0, 1.12, MAIN),
        (-0.2, -12, 0.52, MAIN),
        (0.28, 14, 0.46, SECOND),
    ):
        wide = dice.between(0.2, 0.27)
        part = Sketch()
        prism = [
            (0, -size * 1.5),
            (wide, -size * 1.5 + 0.32),
            (wide * 0.86, 0.1),
            (-wide * 0.86, 0.1),
            (-wide, -size * 1.5 + 0.32),
        ]
        with part.body(rounded(prism, 0.03), color, lean=(0, 0)):
            ridge = -wide * 0.2
            part.fill(
                [prism[0], (ridge, -size * 1.5 + 0.42), (ridge, 0.2), (-1, 0.2), (-1, -size * 1.5)],
                color + LIGHT,
            )
            part.fill([prism[0], prism[1], (ridge, -size * 1.5 + 0.42)], WHITE)
            part.fill(
                [(wide * 0.5, -size), (1, -size * 1.4), (1, 0.2), (wide * 0.5, 0.2)], color + SHADE
            )
        s.place(part, x, 0.72, turn=turn)
    s.solid(
        smooth(
            [
                (-0.9, 0.82),
                (-0.6, 0.62),
                (-0.1, 0.7),
                (0.4, 0.6),
                (0.9, 0.82),
                (0.4, 0.96),
                (-0.4, 0.96),
            ]
        ),
        WOOD,
        lean=(0, -0.06),
    )
    for x, y, size in ((-0.74, -0.62, 0.17), (0.78, -0.66, 0.13)):
        s.fill(sparkle(x, y, size), GLOW, outline=0.03)


MOTIFS = {
    "drop": Motif(droplet, (Wish(240),)),
    "fire": Motif(flame, (Wish(38, 1.1, 0.95),)),
    "snowflake": Motif(snowflake, (Wish(232, 0.7, 1.12),)),
    "crystal": Motif(crystal),
}
