"""Thick lines as polygons.

Pillow can round every joint of a line, but draws a whole disc sector for each point to do so. On
the soft curves drawn here nearly all joints are so blunt that shared corners close them.
"""

import itertools
import math

from .geometry import Path, Point

# In radians. A joint that turns by more than the first gets a disc; a strip ends once it has bent
# by the second, before it can run over itself: there the even-odd rule would leave a hole.
_SHARP, _BEND = 0.56, 1.2


def strokes(path: Path, width: float) -> tuple[list[Path], Path]:
    """Return the polygons that make up the line, and where discs as wide as it close its joints.

    Lengths are in pixels: points less than one apart count as one.
    """
    points = _distinct(path)
    if len(points) < 2:
        return [], points
    headings = [_heading(a, b) for a, b in itertools.pairwise(points)]
    headings.append(headings[-1])
    strips: list[Path] = []
    discs = [points[0], points[-1]]
    near, far = _sides(points[0], headings[0], 0.0, width)
    left, right, bent = [near], [far], 0.0
    for index in range(1, len(points)):
        point, before = points[index], headings[index - 1]
        turn = _turn(before, headings[index])
        sharp = abs(turn) > _SHARP
        near, far = _sides(point, before, 0.0 if sharp else turn, width)
        left.append(near)
        right.append(far)
        bent += abs(turn)
        if sharp or bent > _BEND or index == len(points) - 1:
            strips.append([*left, *reversed(right)])
            if sharp:
                discs.append(point)
                near, far = _sides(point, headings[index], 0.0, width)
            left, right, bent = [near], [far], 0.0
    return strips, discs


def _distinct(path: Path) -> Path:
    kept = path[:1]
    for point in path[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.75:
            kept.append(point)
    return kept


def _heading(start: Point, end: Point) -> float:
    return math.atan2(end[1] - start[1], end[0] - start[0])


def _turn(before: float, after: float) -> float:
    return (after - before + math.pi) % math.tau - math.pi


def _sides(point: Point, heading: float, turn: float, width: float) -> tuple[Point, Point]:
    """Return the line's two corners at a point, on the bisector of its turn."""
    middle = heading + turn / 2
    reach = width / 2 / math.cos(turn / 2)
    dx, dy = -math.sin(middle) * reach, math.cos(middle) * reach
    return (point[0] + dx, point[1] + dy), (point[0] - dx, point[1] - dy)
