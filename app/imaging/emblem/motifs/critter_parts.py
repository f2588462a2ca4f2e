"""Ears, tails and markings of the sitting animals in critters.py."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..geometry import Path, arc, circle, ellipse, flipped, moved, rounded, scaled, smooth, turned
from ..palette import BLUSH, DEEP, GLOW, INK, LIGHT, MAIN, PALE, SECOND, SHADE, WHITE, WOOD
from ..sketch import Sketch
from .parts import soft_star

Patch = tuple[Path, int]


def ears(s: Sketch, kind: str, color: int) -> None:
    """Draw both ears; those called floppy and wide belong in front of or beside the head."""
    shapes: dict[str, Path] = {
        "pointy": rounded([(0.6, -0.3), (0.58, -1.0), (0.1, -0.66)], 0.1),
        "fox": rounded([(0.64, -0.3), (0.66, -1.12), (0.08, -0.66)], 0.07),
        "small": rounded([(0.6, -0.36), (0.56, -0.84), (0.2, -0.7)], 0.09),
        "round": circle(0.45, -0.68, 0.22),
        "big": circle(0.58, -0.66, 0.34),
        "long": turned(ellipse(0.24, -1.0, 0.15, 0.46), 9, 0.24, -0.6),
        "floppy": turned(ellipse(0.6, -0.3, 0.19, 0.4), -16, 0.6, -0.5),
        "side": turned(ellipse(0.74, -0.42, 0.24, 0.13), -18, 0.6, -0.4),
    }
    shape = shapes[kind]
    inner = {"floppy": 0.0, "long": 0.62, "side": 0.6, "big": 0.62}.get(kind, 0.52)
    for path in (shape, flipped(shape)):
        s.solid(path, color, lean=(-0.04, -0.05))
        if inner and color != INK:
            s.fill(moved(scaled(path, inner), 0, 0.03), BLUSH + LIGHT * (color != WHITE))


def tail(s: Sketch, kind: str, color: int) -> None:
    """Draw a tail that shows at the right of the body."""
    if kind == "curl":
        s.tube(
            smooth([(0.2, 0.8), (0.66, 0.82), (0.84, 0.48), (0.66, 0.2)], closed=False), color, 0.2
        )
        s.line([(0.71, 0.26), (0.66, 0.2)], SECOND + LIGHT if color == MAIN else INK, 0.16)
    elif kind == "bushy":
        shape = smooth(
            [
                (0.2, 0.82),
                (0.55, 0.88),
                (0.92, 0.6),
                (0.98, 0.12),
                (0.8, -0.12),
                (0.66, 0.2),
                (0.4, 0.45),
            ]
        )
        with s.body(shape, color):
            s.fill(
                smooth(
                    [(1.1, 0.2), (1.1, -0.3), (0.6, -0.3), (0.6, 0.12), (0.78, 0.06), (0.86, 0.22)]
                ),
                WHITE,
            )
    elif kind == "puff":
        s.solid(circle(0.48, 0.7, 0.19), WHITE)
    elif kind == "tuft":
        s.tube(smooth([(0.2, 0.8), (0.62, 0.8), (0.8, 0.42)], closed=False), color, 0.13)
        s.solid(circle(0.82, 0.34, 0.15), WOOD)
    elif kind == "wag":
        s.tube(smooth([(0.25, 0.72), (0.58, 0.62), (0.7, 0.36)], closed=False), color, 0.18)
    elif kind == "spring":
        knots = [(0.3, 0.7), (0.55, 0.68), (0.62, 0.52), (0.5, 0.5), (0.54, 0.64), (0.74, 0.6)]
        s.tube(smooth(knots, closed=False), color, 0.1)


def markings(s: Sketch, kind: str) -> None:
    """Paint the head's pattern; the caller keeps it inside the head."""
    for path, color in _PATTERNS[kind]():
        s.fill(path, color)


def _stripes() -> Iterator[Patch]:
    for x, low in ((-0.17, -0.56), (0, -0.5), (0.17, -0.56)):
        yield [(x - 0.055, -0.9), (x + 0.055, -0.9), (x * 0.8, low)], MAIN + DEEP
    for y in (-0.34, -0.18):
        stripe: Path = [(0.7, y - 0.06), (0.7, y + 0.06), (0.44, y + 0.03)]
        yield stripe, MAIN + DEEP
        yield flipped(stripe), MAIN + DEEP


def _mask() -> Iterator[Patch]:
    cheek = smooth([(0, -0.3), (0.3, -0.4), (0.85, -0.36), (0.8, 0.3), (0, 0.3), (0, 0)])
    yield cheek, WHITE
    yield flipped(cheek), WHITE
    yield rounded([(-0.16, -0.9), (0.16, -0.9), (0.02, -0.16), (-0.02, -0.16)], 0.02), MAIN


def _around_eyes(rx: float, ry: float, turn: float, color: int) -> Iterator[Patch]:
    patch = ellipse(0.29, -0.26, rx, ry, turn)
    yield patch, color
    yield flipped(patch), color


def _patch() -> Iterator[Patch]:
    yield ellipse(0.32, -0.36, 0.26, 0.3), WOOD + LIGHT


def _spots() -> Iterator[Patch]:
    yield ellipse(0.32, -0.36, 0.26, 0.3), INK
    yield ellipse(-0.5, -0.6, 0.24, 0.16), INK


def _blaze() -> Iterator[Patch]:
    yield rounded([(-0.1, -0.9), (0.1, -0.9), (0.2, 0.3), (-0.2, 0.3)], 0.05), WHITE


_PATTERNS: dict[str, Callable[[], Iterable[Patch]]] = {
    "": lambda: (),
    "stripes": _stripes,
    "mask": _mask,
    "patches": partial(_around_eyes, 0.16, 0.21, 28, INK),
    "bandit": partial(_around_eyes, 0.3, 0.15, 22, INK + LIGHT),
    "patch": _patch,
    "spots": _spots,
    "blaze": _blaze,
}


def muzzle(s: Sketch, kind: str) -> None:
    """Draw nose and snout, their middle at the origin."""
    if kind == "snout":
        s.fill(ellipse(0, 0, 0.19, 0.13), BLUSH, outline=0.034)
        for x in (-0.07, 0.07):
            s.fill(ellipse(x, 0, 0.027, 0.045), INK)
    elif kind == "trunk":
        trunk: Path = smooth([(0, -0.06), (0.02, 0.2), (0.1, 0.42), (0.3, 0.42)], closed=False)
        s.tube(trunk, MAIN, 0.24)
        for y in (0.1, 0.22):
            s.line(arc(0.02, y, 0.07, 0.03, 10, 170), MAIN + DEEP, 0.028)
    else:
        if kind == "wide":
            s.fill(ellipse(0, 0.07, 0.27, 0.19), PALE)
        elif kind == "koala":
            s.fill(ellipse(0, 0, 0.1, 0.15), INK)
            s.fill(ellipse(-0.03, -0.06, 0.025, 0.04), WHITE)
            return
        s.fill(rounded([(-0.085, -0.045), (0.085, -0.045), (0, 0.055)], 0.045), INK)
        s.fill(ellipse(-0.025, -0.026, 0.022, 0.012), WHITE)


def crest(s: Sketch, kind: str) -> None:
    """Draw what grows on the head: a mane behind it, a horn or wool on it."""
    if kind == "mane":
        s.solid(soft_star(0, -0.27, 0.98, 14), WOOD)
    elif kind == "horn":
        horn = [(-0.11, -0.72), (0, -1.28), (0.11, -0.72)]
        with s.body(rounded(horn, 0.03), GLOW):
            for y in (-0.82, -0.98, -1.12):
                s.line([(-0.2, y + 0.05), (0.2, y - 0.05)], GLOW + SHADE, 0.035)
    elif kind == "antlers":
        for side in (-1, 1):
            for twig in (
                [(0.2, -0.68), (0.36, -1.0), (0.34, -1.25)],
                [(0.33, -0.95), (0.56, -1.14)],
            ):
                s.tube(smooth([(side * x, y) for x, y in twig], closed=False), WOOD, 0.12)
    elif kind == "wool":
        discs = ((-0.34, -0.66), (0.34, -0.66), (0, -0.76))
        s.union([circle(x, y, 0.22) for x, y in discs], WHITE, lean=(-0.03, -0.05))
