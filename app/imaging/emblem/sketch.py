"""A drawing kept as a list of operations, so that it can be measured, placed and outlined."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .geometry import Path, Point, moved, scaled, turned
from .palette import INK, SHADE, WHITE

STROKE = 0.036
# Anything thinner is a hair, such as a whisker or a spoke.
HAIR = 0.03


@dataclass(frozen=True)
class Fill:
    """A closed outline filled with one colour (role + tone)."""

    path: Path
    color: int


@dataclass(frozen=True)
class Line:
    """An open line with round ends; a hair gets no halo, which would make a cable of it."""

    path: Path
    color: int
    width: float
    hair: bool = False


@dataclass(frozen=True)
class Clip:
    """Operations of which only what lies inside the outline is kept."""

    path: Path
    inner: tuple["Operation", ...]


Operation = Fill | Line | Clip


@dataclass
class Sketch:
    """An emblem, or a part of one, in units in which a motif spans about -1..1."""

    operations: list[Operation] = field(default_factory=list)

    def fill(self, path: Path, color: int, *, outline: float = 0) -> None:
        """Paint a closed shape; an `outline` is drawn over its edge in ink."""
        self.operations.append(Fill(path, color))
        if outline:
            self.line([*path, *path[:2]], INK, outline)

    def line(self, path: Path, color: int = INK, width: float = STROKE) -> None:
        """Draw an open line."""
        self.operations.append(Line(path, color, width, hair=width < HAIR))

    @contextmanager
    def inside(self, path: Path) -> Iterator[None]:
        """Keep what is drawn in this block inside the outline."""
        outer, self.operations = self.operations, []
        try:
            yield
        finally:
            outer.append(Clip(path, tuple(self.operations)))
            self.operations = outer

    @contextmanager
    def body(
        self, path: Path, color: int, *, lean: Point = (-0.07, -0.07), outline: float = STROKE
    ) -> Iterator[None]:
        """Paint a shape with a shaded rim away from the light; the block's details stay inside."""
        self.fill(path, color + SHADE)
        with self.inside(path):
            self.fill(moved(path, *lean), color)
            yield
        if outline:
            self.line([*path, *path[:2]], INK, outline)

    def solid(
        self, path: Path, color: int, *, lean: Point = (-0.07, -0.07), outline: float = STROKE
    ) -> None:
        """Paint a shape with a shaded rim and no details."""
        with self.body(path, color, lean=lean, outline=outline):
            pass

    def union(self, paths: Sequence[Path], color: int, *, lean: Point = (-0.07, -0.07)) -> None:
        """Paint overlapping shapes as one: outlined around all of them, not between them."""
        for path in paths:
            self.fill(path, color + SHADE, outline=2 * STROKE)
        for path in paths:
            self.fill(scaled(path, 0.97), color + SHADE)
        for path in paths:
            with self.inside(scaled(path, 0.97)):
                self.fill(moved(path, *lean), color)

    def tube(self, path: Path, color: int, width: float, outline: float = STROKE) -> None:
        """Draw a thick outlined line: a tail, an arm, a handle."""
        self.line(path, INK, width + outline)
        self.line(path, color, width - outline)

    def gleam(self, path: Path, width: float = 0.05) -> None:
        """Draw a white highlight."""
        self.line(path, WHITE, width)

    def place(
        self,
        other: "Sketch",
        x: float = 0,
        y: float = 0,
        scale: float = 1,
        *,
        turn: float = 0,
        colors: int = 0,
    ) -> None:
        """Add another drawing, turned, scaled, moved to (x, y), its `colors` numbered higher."""

        def put(path: Path) -> Path:
            spun = turned(path, turn) if turn else path
            return [(x + px * scale, y + py * scale) for px, py in spun]

        self.operations += [_placed(part, put, scale, colors) for part in other.operations]


def _placed(
    operation: Operation, put: Callable[[Path], Path], scale: float, colors: int
) -> Operation:
    path = put(operation.path)
    if isinstance(operation, Fill):
        return Fill(path, operation.color + colors)
    if isinstance(operation, Line):
        return Line(path, operation.color + colors, operation.width * scale, operation.hair)
    return Clip(path, tuple(_placed(part, put, scale, colors) for part in operation.inner))
