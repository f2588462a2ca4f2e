"""What a drawing looks like from outside: its extent, its grown outline, the room around it."""

import math
from collections.abc import Iterator

from .geometry import Path, Point, extent, holds
from .sketch import Fill, Line, Sketch


def bounds(sketch: Sketch) -> tuple[Point, Point]:
    """Return the corners around everything drawn, the width of lines included."""
    lows, highs = [], []
    for path, width in _edges(sketch):
        low, high = extent(path)
        lows.append((low[0] - width / 2, low[1] - width / 2))
        highs.append((high[0] + width / 2, high[1] + width / 2))
    low = (min(x for x, _ in lows), min(y for _, y in lows))
    return low, (max(x for x, _ in highs), max(y for _, y in highs))


def stack(under: Sketch, motif: Sketch, *rims: tuple[int, float]) -> None:
    """Add the motif on top of its own silhouette in each rim's colour, grown by its width."""
    edges = list(_rim(motif))
    areas = [operation.path for operation in motif.operations if isinstance(operation, Fill)]
    for color, width in rims:
        for path, reach in edges:
            under.line(path, color, reach + 2 * width)
        under.operations += [Fill(path, color) for path in areas]
    under.operations += motif.operations


class Room:
    """The space that a drawing leaves free."""

    def __init__(self, sketch: Sketch) -> None:
        self._edges = [(path, width / 2, *extent(path)) for path, width in _rim(sketch)]
        self._areas = [o.path for o in sketch.operations if isinstance(o, Fill)]
        self._discs: list[tuple[Point, float]] = []

    def take(self, x: float, y: float, radius: float) -> bool:
        """Take the disc around (x, y) if all of it is free, and tell whether it was."""
        if any(math.dist((x, y), spot) < radius + size for spot, size in self._discs):
            return False
        for path, reach, low, high in self._edges:
            far = radius + reach
            if not (low[0] - far < x < high[0] + far and low[1] - far < y < high[1] + far):
                continue
            if any(_gap(path[i], path[i + 1], x, y) < far for i in range(len(path) - 1)):
                return False
        if any(holds(area, x, y) for area in self._areas):
            return False
        self._discs.append(((x, y), radius))
        return True


def _rim(sketch: Sketch) -> Iterator[tuple[Path, float]]:
    """Yield the edges that can show from outside, with the width of their lines."""
    areas = [(o.path, *extent(o.path)) for o in sketch.operations if isinstance(o, Fill)]
    lines = [o for o in sketch.operations if isinstance(o, Line)]
    hairs = {id(line.path) for line in lines if line.hair}
    outlined = {tuple(line.path[:2]) for line in lines}
    for path, width in _edges(sketch):
        if id(path) in hairs or (not width and tuple(path[:2]) in outlined):
            continue
        low, high = extent(path)
        probes = path[:: len(path) // 6 + 1]
        around = (
            area
            for area, (x0, y0), (x1, y1) in areas
            if x0 < low[0] and y0 < low[1] and high[0] < x1 and high[1] < y1
        )
        if not any(all(holds(area, x, y) for x, y in probes) for area in around):
            yield path, width


def _edges(sketch: Sketch) -> Iterator[tuple[Path, float]]:
    for operation in sketch.operations:
        if isinstance(operation, Fill):
            yield [*operation.path, operation.path[0]], 0.0
        elif isinstance(operation, Line):
            yield operation.path, operation.width


def _gap(start: Point, end: Point, x: float, y: float) -> float:
    """Return how far (x, y) is from the straight line between two points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy or 1.0)
    share = min(max(share, 0.0), 1.0)
    return math.hypot(start[0] + share * dx - x, start[1] + share * dy - y)
