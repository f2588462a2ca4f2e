"""Coloured fields to put a motif on: a silhouette, a border and a pattern."""

import math

from .dice import Dice
from .geometry import (
    Path,
    box,
    circle,
    ellipse,
    mirrored,
    polar,
    regular,
    rounded,
    scaled,
    smooth,
    star,
)
from .motifs.parts import heart, puffs, soft_star, sparkle, wave
from .palette import INK, LEAF, LIGHT, MAIN, NIGHT, SECOND, SHADE, SKY, THIRD, WHITE
from .sketch import STROKE, Sketch


def badge(s: Sketch, dice: Dice) -> None:
    """Draw a field about two units wide around the origin."""
    outline = _silhouette(dice)
    rim = dice.pick((MAIN, SECOND, SECOND, THIRD))
    s.line([*outline, outline[0]], INK, 0.1)
    style = dice.count(0, 3)
    if style == 0:
        s.fill(outline, WHITE)
        _field(s, dice, scaled(outline, 0.93, 0, 0))
    elif style == 1:
        s.solid(outline, rim, outline=0)
        s.fill(scaled(outline, 0.88, 0, 0), WHITE, outline=STROKE)
        _field(s, dice, scaled(outline, 0.82, 0, 0))
    elif style == 2:
        s.solid(outline, rim, outline=0)
        _stitches(s, scaled(outline, 0.94, 0, 0))
        _field(s, dice, scaled(outline, 0.88, 0, 0))
    else:
        s.solid(outline, rim, outline=0)
        _field(s, dice, scaled(outline, 0.9, 0, 0))


def _silhouette(dice: Dice) -> Path:
    lobes = dice.pick((8, 10, 12, 14))
    scallops = [
        polar(0, 0, 1 + 0.05 * math.cos(math.radians(3 * t * lobes)), 3 * t) for t in range(120)
    ]
    shield = [(0, -0.98), (0.5, -0.92), (0.92, -0.9), (0.96, -0.1), (0.66, 0.66), (0, 1.04)]
    return dice.pick(
        (
            circle(0, 0, 1),
            circle(0, 0, 1),
            scallops,
            rounded(regular(0, 0, 1.08, 6), 0.22),
            rounded(regular(0, 0, 1.06, 8, 22.5), 0.14),
            box(-0.94, -0.94, 0.94, 0.94, 0.36),
            smooth(mirrored(shield)),
            rounded(star(0, 0, 1.06, 0.92, lobes), 0.06),
            smooth([polar(0, 0, dice.between(0.88, 1.04), 45 * step) for step in range(8)]),
        )
    )


def _stitches(s: Sketch, path: Path) -> None:
    """Sew a dashed white line along the path, its dashes equally long."""
    done, dash = 0.0, [path[0]]
    for index in range(len(path)):
        ax, ay = path[index]
        bx, by = path[(index + 1) % len(path)]
        length = math.hypot(bx - ax, by - ay)
        steps = max(1, round(length / 0.02))
        for step in range(1, steps + 1):
            done += length / steps
            dash.append((ax + (bx - ax) * step / steps, ay + (by - ay) * step / steps))
            if done > 0.16:
                s.line(dash[: len(dash) * 5 // 9 + 1], WHITE, 0.03)
                done, dash = 0.0, [dash[-1]]


def _field(s: Sketch, dice: Dice, path: Path) -> None:
    with s.body(path, SKY, lean=(0, 0)):
        s.fill(path, SKY)
        pattern = dice.pick(
            (_rays, _rays, _dots, _stripes, _hills, _hills, _sea, _rings, _night, _signs)
        )
        pattern(s, dice)


def _rays(s: Sketch, dice: Dice) -> None:
    count = dice.pick((10, 12, 14, 16))
    turn = dice.between(0, 30)
    for index in range(count):
        angle = turn + 360 * index / count
        s.fill(
            [(0, 0.1), polar(0, 0.1, 2, angle), polar(0, 0.1, 2, angle + 180 / count)], SKY + LIGHT
        )


def _dots(s: Sketch, dice: Dice) -> None:
    color = dice.pick((WHITE, SKY + LIGHT, SKY + SHADE))
    for row in range(-5, 6):
        for step in range(-5, 6):
            s.fill(circle(0.27 * step + 0.135 * (row % 2), 0.23 * row, 0.055), color)


def _stripes(s: Sketch, dice: Dice) -> None:
    lean = dice.pick((-0.9, 0.0, 0.9))
    for index in range(-6, 7):
        x = 0.36 * index
        s.fill(
            [(x - lean, -1.2), (x + 0.18 - lean, -1.2), (x + 0.18 + lean, 1.2), (x + lean, 1.2)],
            SKY + LIGHT,
        )


def _hills(s: Sketch, dice: Dice) -> None:
    s.fill(circle(dice.between(-0.5, 0.5), -0.4, 0.34), SKY + LIGHT)
    for x, y in ((-0.55, -0.5), (0.58, -0.34)):
        for puff in puffs((x - 0.13, y, 0.09), (x, y - 0.05, 0.13), (x + 0.15, y, 0.09)):
            s.fill(puff, WHITE)
    s.fill(ellipse(-0.6, 1.1, 1.1, 0.8), LEAF + LIGHT)
    s.fill(ellipse(0.6, 1.15, 1.2, 0.72), LEAF)


def _sea(s: Sketch, dice: Dice) -> None:
    s.fill(circle(0, -0.1, 0.62), SKY + LIGHT)
    color = dice.pick((SKY, SECOND, THIRD))
    for level, tone in enumerate((LIGHT, 0, SHADE)):
        y = 0.26 + 0.22 * level
        s.fill(
            [*wave(-1.3, 1.3, y, 0.05, 5 + level), (1.3, 1.3), (-1.3, 1.3)],
            color + (tone or SHADE * (color == SKY)),
        )


def _rings(s: Sketch, dice: Dice) -> None:
    y = dice.pick((0.0, 0.9))
    for index in range(6):
        s.fill(circle(0, y, 1.9 - 0.32 * index), SKY + (LIGHT if index % 2 else 0))


def _night(s: Sketch, dice: Dice) -> None:
    s.fill(circle(0, 0, 2), NIGHT)
    s.fill(ellipse(0, 1.2, 1.5, 0.7), NIGHT + SHADE)
    for _ in range(26):
        x, y = dice.between(-1, 1), dice.between(-1, 1)
        if dice.chance(0.3):
            s.fill(sparkle(x, y, dice.between(0.06, 0.11)), WHITE)
        else:
            s.fill(circle(x, y, dice.between(0.012, 0.026)), WHITE)


def _signs(s: Sketch, dice: Dice) -> None:
    kind = dice.count(0, 2)
    for row in range(-3, 4):
        for step in range(-3, 4):
            x, y = 0.42 * step + 0.21 * (row % 2), 0.36 * row
            path = (heart(x, y, 0.085), soft_star(x, y, 0.1), sparkle(x, y, 0.12))[kind]
            s.fill(path, SKY + LIGHT if (row + step) % 2 else WHITE)
