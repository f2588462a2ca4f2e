"""Outlines as lists of points, in a plane whose x runs right and y runs down.

Motifs fill about -1..1 in both directions; angles are degrees, clockwise from three o'clock.
"""

import math
from collections.abc import Iterable

Point = tuple[float, float]
Path = list[Point]


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0) -> Path:
    """Return an ellipse around (x, y), turned by `turn` degrees."""
    path = arc(0, 0, rx, ry, 0, 360)[:-1]
    return moved(turned(path, turn) if turn else path, x, y)


def circle(x: float, y: float, radius: float) -> Path:
    """Return a circle around (x, y)."""
    return ellipse(x, y, radius, radius)


def arc(  # noqa: PLR0917 - reason: the order that every drawing library has
    x: float, y: float, rx: float, ry: float, start: float, end: float
) -> Path:
    """Return the open piece of an ellipse from angle `start` to `end`."""
    size = max(rx, ry, 0.01)
    steps = max(4, round(max(16, 96 * math.sqrt(size)) * abs(end - start) / 360))
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0) -> Path:
    """Return a rectangle with corners rounded by `radius`."""
    return rounded([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], radius)


def regular(x: float, y: float, radius: float, corners: int, turn: float = -90) -> Path:
    """Return a regular polygon whose first corner is at angle `turn`."""
    return [polar(x, y, radius, turn + 360 * corner / corners) for corner in range(corners)]


def star(x: float, y: float, outer: float, inner: float, points: int) -> Path:
    """Return a star whose first point is at the top."""
    radii = (outer, inner)
    steps = 2 * points
    return [polar(x, y, radii[i % 2], 360 * i / steps - 90) for i in range(steps)]


def polar(x: float, y: float, radius: float, angle: float) -> Point:
    """Return the point `radius` away from (x, y) at `angle` degrees."""
    turn = math.radians(angle)
    return (x + radius * math.cos(turn), y + radius * math.sin(turn))


def rounded(corners: Path, radius: float) -> Path:
    """Return a closed polygon with its corners cut by curves that start `radius` before them."""
    if radius <= 0:
        return list(corners)
    path: Path = []
    for index, corner in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % len(corners)]
        start = _along(corner, before, radius)
        end = _along(corner, after, radius)
        for step in range(9):
            t = step / 8
            near, bend, far = (1 - t) ** 2, 2 * t * (1 - t), t * t
            path.append(
                (
                    near * start[0] + bend * corner[0] + far * end[0],
                    near * start[1] + bend * corner[1] + far * end[1],
                )
            )
    return path


def smooth(knots: Path, *, closed: bool = True) -> Path:
    """Return a soft curve (Catmull-Rom) through the knots."""
    if not closed:
        ends = [knots[0], *knots, knots[-1]]
        spans = [ends[i : i + 4] for i in range(len(knots) - 1)]
        return [point for span in spans for point in _span(*span)] + [knots[-1]]
    n = len(knots)
    spans = [[knots[(i + j - 1) % n] for j in range(4)] for i in range(n)]
    return [point for span in spans for point in _span(*span)]


def mirrored(right: Path) -> Path:
    """Close a right half, given from top to bottom, by its image on the left of x = 0."""
    left = [(-x, y) for x, y in reversed(right) if abs(x) > 1e-9]
    return [*right, *left]


def flipped(path: Iterable[Point]) -> Path:
    """Return the path's image on the other side of x = 0."""
    return [(-x, y) for x, y in path]


def moved(path: Iterable[Point], dx: float, dy: float) -> Path:
    """Return the path moved by (dx, dy)."""
    return [(x + dx, y + dy) for x, y in path]


def scaled(path: Path, factor: float, x: float | None = None, y: float | None = None) -> Path:
    """Return the path grown around (x, y), by default the middle of its extent."""
    low, high = extent(path)
    cx = (low[0] + high[0]) / 2 if x is None else x
    cy = (low[1] + high[1]) / 2 if y is None else y
    return [(cx + (px - cx) * factor, cy + (py - cy) * factor) for px, py in path]


def turned(path: Iterable[Point], angle: float, x: float = 0, y: float = 0) -> Path:
    """Return the path turned clockwise around (x, y)."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [(x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c) for px, py in path]


def extent(path: Path) -> tuple[Point, Point]:
    """Return the top left and bottom right corners around the path."""
    xs, ys = [x for x, _ in path], [y for _, y in path]
    return (min(xs), min(ys)), (max(xs), max(ys))


def holds(path: Path, x: float, y: float) -> bool:
    """Tell whether (x, y) lies inside the closed path."""
    inside = False
    for index, (bx, by) in enumerate(path):
        ax, ay = path[index - 1]
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def _along(start: Point, goal: Point, distance: float) -> Point:
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    # Half the edge at most, or the curves of two corners would cross.
    share = min(distance / (math.hypot(dx, dy) or 1), 0.5)
    return (start[0] + dx * share, start[1] + dy * share)


def _span(before: Point, start: Point, end: Point, after: Point) -> Path:
    reach = math.hypot(end[0] - start[0], end[1] - start[1])
    steps = max(3, min(18, round(22 * reach**0.7)))
    path: Path = []
    for step in range(steps):
        t = step / steps
        x, y = (_cubic(before[i], start[i], end[i], after[i], t) for i in (0, 1))
        path.append((x, y))
    return path


def _cubic(a: float, b: float, c: float, d: float, t: float) -> float:
    bend = (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3
    return 0.5 * (2 * b + (c - a) * t + bend)
