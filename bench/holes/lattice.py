"""Synthetic nets, grids, spoked wheels and fences, which enclose holes only."""

import colorsys
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

COUNT = 160
_KINDS = ("net", "grid", "wheel", "fence")
_SIDE = 2048  # px, shrunk to a quarter
_CENTER = _SIDE // 2
_TURN = 2 * np.pi


def render_images(side: int) -> Iterator[tuple[str, Array]]:
    """Yield names and (side, side, 4) uint8 BGRA pixels, straight alpha."""
    rng = np.random.default_rng(5)
    for number in range(COUNT):
        kind = _KINDS[number % len(_KINDS)]
        lines, frame = np.zeros((2, _SIDE, _SIDE), np.uint8)
        radius = int(_SIDE * rng.uniform(0.25, 0.4))
        thick = int(_SIDE * rng.uniform(0.006, 0.02))
        if kind == "wheel":
            _wheel(lines, frame, radius, thick, rng)
        elif kind == "fence":
            _fence(lines, frame, radius, thick, rng)
        else:
            lines = _net(lines, frame, radius, thick, np.pi / 4 if kind == "net" else 0.0, rng=rng)
        yield f"{kind}{number}", _colorize(lines, frame, side, rng)


def _line(mask: Array, start: tuple[float, float], end: tuple[float, float], thick: int) -> None:
    first, last = ((int(x), int(y)) for x, y in (start, end))
    cv2.line(mask, first, last, 255, thick, cv2.LINE_AA)


def _net(
    lines: Array, frame: Array, radius: int, thick: int, tilt: float, *, rng: np.random.Generator
) -> Array:
    """Draw two sets of parallels in an oval or a box, with or without a handle."""
    tilt += rng.normal(0, 0.15)
    step = _SIDE * rng.uniform(0.045, 0.13)
    for angle in (tilt, tilt + np.pi / 2 + rng.normal(0, 0.1)):
        along = 3 * _SIDE * np.array([np.cos(angle), np.sin(angle)])
        for place in np.arange(-30, 31):
            x = _CENTER - np.sin(angle) * place * step
            y = _CENTER + np.cos(angle) * place * step
            _line(lines, (x - along[0], y - along[1]), (x + along[0], y + along[1]), thick)
    axes = radius, int(radius * rng.uniform(0.6, 1.3))
    turned = float(rng.uniform(0, 180))
    border = int(thick * rng.uniform(1, 4))
    clip, middle = np.zeros_like(lines), (_CENTER, _CENTER)
    if rng.random() < 0.6:
        cv2.ellipse(clip, middle, axes, turned, 0, 360, 255, -1, cv2.LINE_AA)
        cv2.ellipse(frame, middle, axes, turned, 0, 360, 255, border, cv2.LINE_AA)
    else:
        box = cv2.boxPoints((middle, (2 * axes[0], 2 * axes[1]), turned / 6)).astype(np.int32)
        cv2.fillPoly(clip, [box], 255, cv2.LINE_AA)
        cv2.polylines(frame, [box], True, 255, border, cv2.LINE_AA)
    if rng.random() < 0.5:
        low = _CENTER + axes[1]
        end = _CENTER + int(rng.normal(0, 200)), low + _SIDE * 0.2
        _line(frame, (_CENTER, low), end, int(_SIDE * rng.uniform(0.02, 0.06)))
    return np.minimum(lines, clip)


def _wheel(lines: Array, frame: Array, radius: int, thick: int, rng: np.random.Generator) -> None:
    """Draw a rim, spokes and a hub, and sometimes a second ring."""
    middle, spokes = (_CENTER, _CENTER), int(rng.integers(5, 17))
    for spoke in range(spokes):
        angle = _TURN * spoke / spokes
        end = _CENTER + radius * np.cos(angle), _CENTER + radius * np.sin(angle)
        _line(lines, middle, end, thick)
    cv2.circle(frame, middle, radius, 255, int(thick * rng.uniform(1.2, 5)), cv2.LINE_AA)
    cv2.circle(frame, middle, int(radius * rng.uniform(0.08, 0.3)), 255, -1, cv2.LINE_AA)
    if rng.random() < 0.4:
        cv2.circle(frame, middle, int(radius * rng.uniform(0.5, 0.8)), 255, thick, cv2.LINE_AA)


def _fence(lines: Array, frame: Array, radius: int, thick: int, rng: np.random.Generator) -> None:
    """Draw posts and two or three rails."""
    low, high = _CENTER - radius, _CENTER + radius
    for x in np.linspace(low, high, int(rng.integers(4, 12))):
        _line(lines, (x, low), (x, high), int(thick * 1.5))
    rails = np.linspace(_CENTER - radius * 0.7, _CENTER + radius * 0.7, int(rng.integers(2, 4)))
    for y in rails:
        _line(frame, (low, y), (high, y), int(thick * rng.uniform(1, 2.5)))


def _colorize(lines: Array, frame: Array, side: int, rng: np.random.Generator) -> Array:
    first, second = random_color(rng), random_color(rng)
    coverage = np.maximum(lines, frame).astype(np.float32)
    color = np.where(frame[..., None] > 127, second, first)
    size = side, side
    alpha = cv2.resize(coverage, size, interpolation=cv2.INTER_AREA)
    premultiplied = cv2.resize(
        color * coverage[..., None] / 255, size, interpolation=cv2.INTER_AREA
    )
    straight = premultiplied / np.maximum(alpha[..., None] / 255, 1e-3)
    return np.dstack([straight, alpha]).clip(0, 255).astype(np.uint8)


def random_color(rng: np.random.Generator) -> Array:
    """Return a color, BGR or RGB alike."""
    levels = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.15, 0.95))
    return np.array([int(255 * level) for level in levels], np.float32)
