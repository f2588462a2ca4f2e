"""Backgrounds as image models paint them, and shadows."""

import cv2
import numpy as np

from bench.network.drawings import Array, Rng

Size = tuple[int, int]


def background(rng: Rng, size: Size, plain: bool = False) -> Array:
    """Return (h, w, 3) float32 levels 0..255.

    Shares: about half plain near-white, a quarter studio or vignette, the rest colored, textured
    or a painted checkerboard.
    """
    kind = 0.0 if plain else rng.random()
    if kind < 0.55:
        return _plain(rng, size)
    if kind < 0.62:
        return _flat(rng.uniform(60, 250, 3) if rng.random() < 0.5 else _gray(rng, 90, 250), size)
    if kind < 0.66:
        return _checkerboard(rng, size)
    return studio(rng, size)


def studio(rng: Rng, size: Size) -> Array:
    """Return a background of uneven color: slopes, vignettes, walls with a floor, textures."""
    base = _flat(_gray(rng, 200, 255) + rng.uniform(-4, 4, 3), size)
    if rng.random() < 0.15:
        base = _flat(rng.uniform(80, 250, 3), size)
    uneven = base + _gradient(rng, size) + _texture(rng, size)
    return np.asarray(np.clip(uneven, 0, 255), np.float32)


def _gray(rng: Rng, low: float, high: float) -> Array:
    return np.full(3, rng.uniform(low, high))


def _flat(color: Array, size: Size) -> Array:
    return np.full((*size, 3), np.clip(color, 0, 255), np.float32)


def _plain(rng: Rng, size: Size) -> Array:
    kind = rng.random()
    if kind < 0.35:
        return _flat(np.full(3, 255.0), size)
    if kind < 0.55:
        return _flat(np.full(3, 254.0), size)
    if kind < 0.85:
        return _flat(rng.integers(249, 256, 3).astype(float), size)
    return _flat(_gray(rng, 236, 252) + rng.uniform(-3, 3, 3), size)


def _grid(size: Size) -> tuple[Array, Array]:
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    return y / size[0] - 0.5, x / size[1] - 0.5


def _gradient(rng: Rng, size: Size) -> Array:
    """Return levels (h, w, 1 or 3) of a slope, a vignette, a wall and floor, or several."""
    y, x = _grid(size)
    depth = rng.uniform(2, 46)
    field = np.zeros(size, np.float32)
    if rng.random() < 0.6:
        angle = rng.uniform(0, 2 * np.pi)
        field += rng.uniform(0.1, 1) * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < 0.6:
        cy, cx = rng.uniform(-0.3, 0.3, 2)
        far = np.sqrt((y - cy) ** 2 + (x - cx) ** 2)
        field -= far ** rng.uniform(1, 3) * rng.uniform(0.3, 2)
    if rng.random() < 0.35:
        edge = rng.uniform(-0.1, 0.4)
        step = 0.5 + 0.5 * np.tanh((y - edge) / rng.uniform(0.008, 0.24))
        field += rng.uniform(-0.7, 0.7) * step
    span = max(float(field.max() - field.min()), 1e-3)
    tint = 1 + rng.uniform(-0.15, 0.15, 3)
    high = rng.uniform(0.2, 1.0)
    scaled = (field - field.min()) / span - high
    return np.asarray(scaled[..., None] * depth * tint, np.float32)


def _texture(rng: Rng, size: Size) -> Array:
    if rng.random() < 0.6:
        return np.zeros((*size, 1), np.float32)
    noise = rng.standard_normal(size).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.6, 6))
    return np.asarray(grain[..., None] / grain.std() * rng.uniform(0.5, 5), np.float32)


def _checkerboard(rng: Rng, size: Size) -> Array:
    """Paint gray and white tiles, imperfect, as a model imitates transparency."""
    tile = rng.uniform(3, 22)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    wave = rng.uniform(0, 0.25) * tile
    x = x + wave * np.sin(y / rng.uniform(20, 90)) + rng.uniform(0, tile)
    y = y + wave * np.sin(x / rng.uniform(20, 90)) + rng.uniform(0, tile)
    odd = ((x // tile + y // tile) % 2).astype(np.float32)
    odd = cv2.GaussianBlur(odd, (0, 0), rng.uniform(0.3, 0.8))
    light, dark = rng.uniform(240, 255), rng.uniform(190, 238)
    if rng.random() < 0.1:
        light, dark = rng.uniform(90, 140), rng.uniform(50, 88)
    return np.repeat((light + (dark - light) * odd)[..., None], 3, axis=2).astype(np.float32)


def shadow(rng: Rng, alpha: Array) -> Array:
    """Return how much a subject's shadow darkens each pixel, (h, w) float32, 0..1.

    It is zero for about half of the subjects; others have contact, cast or drop shadows.
    """
    out = np.zeros_like(alpha)
    if rng.random() < 0.5:
        return out
    kind = rng.random()
    if kind < 0.65:
        out = np.maximum(out, _contact(rng, alpha))
    if 0.5 < kind < 0.8:
        out = np.maximum(out, _cast(rng, alpha))
    if kind > 0.8:
        out = np.maximum(out, _drop(rng, alpha))
    return out


def _contact(rng: Rng, alpha: Array) -> Array:
    """Return ellipses below the subject, with a dark core."""
    ys, xs = np.nonzero(alpha > 0.5)
    if not len(ys):
        return np.zeros_like(alpha)
    bottom = int(ys.max())
    near = ys >= bottom - max(2, int(0.12 * (bottom - ys.min())))
    left, right = int(xs[near].min()), int(xs[near].max())
    if rng.random() < 0.3:
        left, right = int(xs.min()), int(xs.max())
    center, half = (left + right) / 2 + rng.uniform(-8, 8), (right - left) / 2 + 2
    out = np.zeros_like(alpha)
    for strength, grow, blur in (
        (rng.uniform(0.05, 0.45), rng.uniform(0.9, 1.6), rng.uniform(3, 12)),
        (rng.uniform(0, 0.7), rng.uniform(0.6, 1.05), rng.uniform(0.8, 3)),
    ):
        wide = max(2.0, half * grow)
        flat = max(1.5, min(wide * rng.uniform(0.06, 0.3), 40))
        layer = np.zeros_like(alpha)
        axes, spot = (
            (int(wide), int(flat)),
            (int(center), int(bottom + rng.uniform(-0.4, 0.6) * flat)),
        )
        cv2.ellipse(layer, spot, axes, 0, 0, 360, float(strength), -1)
        out = np.maximum(out, cv2.GaussianBlur(layer, (0, 0), blur))
    return np.asarray(out)


def _cast(rng: Rng, alpha: Array) -> Array:
    """Return the silhouette, laid down on the floor and blurred."""
    ys, _ = np.nonzero(alpha > 0.5)
    bottom = float(ys.max()) if len(ys) else 0.0
    slant, flat = rng.uniform(-1.2, 1.2), rng.uniform(0.15, 0.6)
    matrix = np.array([[1, slant, -slant * bottom], [0, flat, bottom * (1 - flat)]], np.float32)
    laid = cv2.warpAffine(alpha, matrix, alpha.shape[::-1])
    return np.asarray(cv2.GaussianBlur(laid, (0, 0), rng.uniform(2, 10)) * rng.uniform(0.1, 0.5))


def _drop(rng: Rng, alpha: Array) -> Array:
    """Return the silhouette, moved and blurred."""
    dx, dy = rng.uniform(-10, 10), rng.uniform(-2, 14)
    moved = cv2.warpAffine(alpha, np.array([[1, 0, dx], [0, 1, dy]], np.float32), alpha.shape[::-1])
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), rng.uniform(1.5, 10)) * rng.uniform(0.1, 0.5))
