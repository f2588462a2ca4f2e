"""Motifs seen above: sun, moon, star, cloud, rainbow, planet."""

from ..dice import Dice
from ..face import face
from ..geometry import arc, circle, ellipse, moved, rounded, scaled, smooth, star, turned
from ..palette import AQUA, BLUSH, GLOW, INK, LEAF, LIGHT, MAIN, SECOND, SHADE, THIRD, WHITE, Wish
from ..sketch import STROKE, Sketch
from .base import Motif
from .parts import drop, petals, puffs, soft_star


def sun(s: Sketch, dice: Dice) -> None:
    """Draw a round sun with a crown of rays."""
    rays = dice.pick((9, 10, 12))
    style = dice.count(0, 2)
    color = dice.pick((SECOND, GLOW, GLOW, WHITE))
    if style == 0:
        s.solid(rounded(star(0, 0, 1, 0.66, rays), 0.1), color)
    elif style == 1:
        for index in range(rays):
            beam = rounded([(0.7, -0.13), (1.02, 0), (0.7, 0.13)], 0.06)
            s.solid(turned(beam, 360 * index / rays), color)
    else:
        s.union(petals(rays, 0.72, 0.24, 0.17), color)
    with s.body(circle(0, 0, 0.62), MAIN):
        s.fill(circle(-0.1, -0.1, 0.4), MAIN + LIGHT)
    s.gleam(arc(0, 0, 0.5, 0.5, 198, 238))
    face(s, dice, (0, 0), 0.85)


def moon(s: Sketch, _dice: Dice) -> None:
    """Draw a crescent with craters and a hanging star."""
    crescent = [*arc(0, 0, 0.95, 0.95, 48, 312), *arc(0.56, 0, 0.71, 0.71, 276, 84)]
    with s.body(crescent, MAIN, lean=(-0.1, -0.05)):
        for x, y, radius in ((-0.55, -0.42, 0.12), (-0.32, 0.66, 0.1), (-0.1, -0.8, 0.07)):
            s.fill(circle(x, y, radius), MAIN + SHADE)
            s.fill(circle(x + 0.02, y + 0.03, radius * 0.8), MAIN + LIGHT)
    s.gleam(arc(0, 0, 0.82, 0.82, 168, 205))
    s.line(arc(-0.46, 0.02, 0.1, 0.1, 20, 160), INK, 0.05)
    s.line(arc(-0.3, 0.22, 0.09, 0.09, 20, 150), INK, 0.045)
    s.fill(ellipse(-0.6, 0.22, 0.1, 0.065), BLUSH)
    s.line([(0.36, -0.6), (0.36, -0.15)], INK, STROKE)
    s.solid(soft_star(0.36, 0.1, 0.3), SECOND)


def star_motif(s: Sketch, dice: Dice) -> None:
    """Draw a plump star with a face."""
    body = soft_star(0, 0, 1, dice.pick((5, 5, 6)))
    with s.body(body, MAIN, lean=(-0.1, -0.09)):
        s.fill(moved(scaled(body, 0.62), -0.04, -0.02), MAIN + LIGHT)
    face(s, dice, (0, 0.02), 0.8)
    s.gleam([(-0.12, -0.62), (-0.03, -0.79)])


def cloud(s: Sketch, dice: Dice) -> None:
    """Draw a white cloud, with rain or lightning below it or the sun behind."""
    extra = dice.count(0, 2)
    if extra == 0:
        s.solid(rounded(star(0.5, -0.42, 0.55, 0.38, 11), 0.05), GLOW)
        s.solid(circle(0.5, -0.42, 0.33), GLOW + LIGHT)
    elif extra == 1:
        for x in (-0.5, 0, 0.5):
            s.solid(drop(x, 0.7 + 0.12 * (x == 0), 0.15), AQUA, lean=(-0.03, -0.03))
    else:
        bolt = [
            (0.1, 0.3),
            (-0.26, 0.78),
            (-0.02, 0.78),
            (-0.14, 1.15),
            (0.3, 0.62),
            (0.06, 0.62),
            (0.3, 0.3),
        ]
        s.solid(rounded(bolt, 0.04), GLOW)
    s.union(
        puffs(
            (-0.62, 0.14, 0.33),
            (-0.22, -0.18, 0.45),
            (0.32, -0.06, 0.42),
            (0.7, 0.2, 0.28),
            (0.1, 0.2, 0.32),
        ),
        WHITE,
        lean=(-0.04, -0.09),
    )
    face(s, dice, (0.02, 0.08), 0.85)


def rainbow(s: Sketch, dice: Dice) -> None:
    """Draw an arch of bands that ends in two clouds."""
    bands = dice.pick(
        ((MAIN, GLOW, THIRD, SECOND), (SECOND, MAIN, GLOW, AQUA), (BLUSH, GLOW, LEAF, AQUA))
    )
    for index, color in enumerate(bands):
        radius = 1 - 0.15 * index
        arch = [*arc(0, 0.45, radius, radius, 180, 360), *arc(0, 0.45, 0.4, 0.4, 360, 180)]
        s.fill(arch, color, outline=STROKE)
        s.line(arc(0, 0.45, radius - 0.035, radius - 0.035, 186, 354), color + LIGHT, 0.025)
    for x in (-0.7, 0.7):
        s.union(
            puffs((x - 0.24, 0.5, 0.2), (x, 0.4, 0.26), (x + 0.25, 0.5, 0.19)),
            WHITE,
            lean=(-0.03, -0.06),
        )
    face(s, dice, (-0.7, 0.46), 0.5)


def planet(s: Sketch, dice: Dice) -> None:
    """Draw a banded planet inside a ring; the gaps between them are real holes."""
    tilt = dice.between(-26, -14) * dice.pick((-1, 1))
    body = circle(0, 0, 0.66)

    def half(start: float, end: float) -> list[tuple[float, float]]:
        return turned(arc(0, 0.03, 1.12, 0.36, start, end), tilt)

    s.tube(half(-2, 362), SECOND, 0.15)
    with s.body(body, MAIN, lean=(-0.12, -0.1)):
        for y in (-0.42, 0.05, 0.4):
            band = [
                (-0.8, y),
                (0, y + 0.07),
                (0.8, y),
                (0.8, y + 0.13),
                (0, y + 0.2),
                (-0.8, y + 0.13),
            ]
            s.fill(turned(smooth(band), tilt), dice.pick((THIRD, MAIN + LIGHT, SECOND + LIGHT)))
        s.fill(circle(0.25, -0.3, 0.1), MAIN + SHADE)
    s.gleam(arc(0, 0, 0.53, 0.53, 195, 240))
    face(s, dice, (0, -0.08), 0.75)
    # The colour runs on past the ink, or the two halves would show their ends.
    s.line(half(0, 180), INK, 0.15 + STROKE)
    s.line(half(-7, 187), SECOND, 0.15 - STROKE)
    s.line(half(14, 166), SECOND + LIGHT, 0.035)


MOTIFS = {
    "sun": Motif(sun, (Wish(84),)),
    "moon": Motif(moon, (Wish(92, 0.85),)),
    "star": Motif(star_motif, (Wish(86),)),
    "cloud": Motif(cloud, (Wish(235),)),
    "rainbow": Motif(rainbow),
    "planet": Motif(planet),
}
