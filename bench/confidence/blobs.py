"""Soft, shaded shapes with a true outline, as in painted art but not in icons."""

from collections.abc import Iterator

import cv2
import numpy as np

from bench.cutout.artwork import SIDE, Artwork
from bench.cutout.truth import Floats

COUNT = 16
SOURCE = "blobs"
_MARGIN = 0.1


def render_artworks() -> Iterator[Artwork]:
    """Yield a fixed set of images; one in three is nearly white."""
    for number in range(COUNT):
        rng = np.random.default_rng(number)
        image = np.zeros((SIDE, SIDE, 4), np.float32)
        light = _direction(rng)
        for _ in range(int(rng.integers(1, 7))):
            shape = _shape(rng, light, pale=number % 3 == 0)
            image = shape + image * (1 - shape[..., 3:])
        soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.8, 2.0)))
        straight = soft[..., :3] / np.maximum(soft[..., 3:], 1e-4)
        pixels = np.dstack([np.clip(straight, 0, 1), soft[..., 3]]) * 255
        yield Artwork(SOURCE, f"{number}", np.rint(pixels).astype(np.uint8))


def _direction(rng: np.random.Generator) -> Floats:
    """Return the direction of the light: from above, and from the viewer's side."""
    direction = np.array([rng.normal(), -abs(rng.normal()), 1 + abs(rng.normal())], np.float32)
    return np.asarray(direction / np.linalg.norm(direction), np.float32)


def _shape(rng: np.random.Generator, light: Floats, *, pale: bool) -> Floats:
    """Return a ball or ring: (SIDE, SIDE, 4) premultiplied, 0..1."""
    across, down = _rotated_grid(rng)
    radius = np.sqrt(across**2 + down**2) + np.float32(1e-6)
    inner = float(rng.uniform(0.3, 0.7)) if rng.random() < 0.4 else 0.0
    # Over a ring's body this runs from -1 at the hole to 1 at the rim; over a ball from 0 to 1.
    place = (radius - (1 + inner) / 2) / ((1 - inner) / 2) if inner else radius
    height = np.sqrt(np.clip(1 - place**2, 0.02, 1))
    slope = np.dstack([place * across / radius, place * down / radius, height])
    lit = np.clip(slope @ light, 0, 1)[..., None]
    base = 1 - rng.uniform(0, 0.15, 3) if pale else rng.uniform(0.05, 0.95, 3)
    glance = np.clip(lit, 0, 1) ** 20 * rng.uniform(0, 0.6)
    color = np.clip(base * (0.45 + 0.6 * lit) + glance, 0, 1).astype(np.float32)
    coverage = (np.abs(place) <= 1).astype(np.float32)[..., None]
    return np.concatenate([color * coverage, coverage], axis=2)


def _rotated_grid(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return coordinates, rotated and scaled so that the shape ends at radius 1."""
    half = SIDE * (0.5 - _MARGIN)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    x = (columns - SIDE / 2) / half - rng.uniform(-0.45, 0.45)
    y = (rows - SIDE / 2) / half - rng.uniform(-0.45, 0.45)
    angle, wide, high = rng.uniform(0, np.pi), *rng.uniform(0.2, 0.5, 2)
    rotated = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(rotated[0] / wide), np.asarray(rotated[1] / high)
