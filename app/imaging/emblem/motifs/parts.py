"""Shapes that more than one motif uses."""

import math

from ..geometry import Path, circle, ellipse, polar, rounded, star
from ..palette import LEAF, SHADE
from ..sketch import Sketch


def heart(x: float, y: float, size: float) -> Path:
    """Return a heart about `size` wide to each side of (x, y)."""
    path: Path = []
    for step in range(64):
        t = 2 * math.pi * step / 64
        right = 16 * math.sin(t) ** 3
        up = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        path.append((x + size * right / 16, y - size * (up + 2.5) / 16))
    return path


def soft_star(x: float, y: float, size: float, points: int = 5) -> Path:
    """Return a star with blunt points."""
    inner = 0.54 if points == 5 else 0.66
    return rounded(star(x, y, size, size * inner, points), size * 0.16)


def sparkle(x: float, y: float, size: float) -> Path:
    """Return a four-pointed glint with hollow sides."""
    path: Path = []
    for step in range(64):
        t = 2 * math.pi * step / 64
        path.append(
            (
                x + size * math.copysign(abs(math.cos(t)) ** 2.6, math.cos(t)),
                y + size * math.copysign(abs(math.sin(t)) ** 2.6, math.sin(t)),
            )
        )
    return path


def drop(x: float, y: float, size: float) -> Path:
    """Return a drop with its tip up, about 2.2 `size` high."""
    path: Path = []
    for step in range(64):
        t = 2 * math.pi * step / 64
        wide = math.sin(t) * math.sin(t / 2) ** 1.6
        path.append((x + size * 0.98 * wide, y - size * math.cos(t) * 1.15))
    return path


def leaf_shape(length: float, width: float) -> Path:
    """Return a pointed leaf that grows from (0, 0) upwards."""
    right: Path = []
    for step in range(25):
        t = step / 24
        right.append((width * math.sin(math.pi * t) ** 0.9 * (1.15 - 0.4 * t), -length * t))
    return right + [(-x, y) for x, y in reversed(right[1:-1])]


def wave(x0: float, x1: float, y: float, height: float, periods: float) -> Path:
    """Return a sine line from x0 to x1."""
    steps = max(12, round(18 * periods))
    return [
        (
            x0 + (x1 - x0) * i / steps,
            y + height * math.sin(2 * math.pi * periods * i / steps),
        )
        for i in range(steps + 1)
    ]


def petals(count: int, distance: float, length: float, width: float, turn: float = 0) -> list[Path]:
    """Return ellipses that point away from (0, 0), their middles `distance` away."""
    paths = []
    for index in range(count):
        angle = turn + 360 * index / count
        paths.append(ellipse(*polar(0, 0, distance, angle), length, width, angle))
    return paths


def puffs(*discs: tuple[float, float, float]) -> list[Path]:
    """Return the discs (x, y, radius) that make up a cloud or a tree's crown."""
    return [circle(*disc) for disc in discs]


def sprig(sketch: Sketch, x: float, y: float, size: float, turn: float) -> None:
    """Draw one leaf with its rib, growing from (x, y) at `turn` degrees from upright."""
    part = Sketch()
    path = leaf_shape(1, 0.34)
    with part.body(path, LEAF, lean=(-0.12, 0)):
        part.line([(0, 0), (0, -0.78)], LEAF + SHADE, 0.06)
    sketch.place(part, x, y, size, turn=turn)
