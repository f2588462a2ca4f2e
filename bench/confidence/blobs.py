"""Soft, shaded shapes with a true outline, as painted art has them and icons don't."""

from collections.abc import Iterator

import cv2
import numpy as np

from bench.cutout.artwork import SIDE, Artwork
from bench.cutout.truth import Floats

COUNT = 40
SOURCE = "blobs"
_MARGIN = 0.1


def artworks() -> Iterator[Artwork]:
    """Draw all of them, always the same; one in three is as light as paper can be."""
    for number in range(COUNT):
        dice = np.random.default_rng(number)
        drawn = np.zeros((SIDE, SIDE, 4), np.float32)
        light = _direction(dice)
        for _ in range(int(dice.integers(1, 7))):
            shape = _shape(dice, light, pale=number % 3 == 0)
            drawn = shape + drawn * (1 - shape[..., 3:])
        soft = cv2.GaussianBlur(drawn, (0, 0), float(dice.uniform(0.8, 2.0)))
        straight = soft[..., :3] / np.maximum(soft[..., 3:], 1e-4)
        pixels = np.dstack([np.clip(straight, 0, 1), soft[..., 3]]) * 255
        yield Artwork(SOURCE, f"{number}", np.rint(pixels).astype(np.uint8))


def _direction(dice: np.random.Generator) -> Floats:
    """Return where the light comes from: from above, and from the viewer's side."""
    way = np.array([dice.normal(), -abs(dice.normal()), 1 + abs(dice.normal())], np.float32)
    return np.asarray(way / np.linalg.norm(way), np.float32)


def _shape(dice: np.random.Generator, light: Floats, *, pale: bool) -> Floats:
    """Draw one ball or ring: (SIDE, SIDE, 4) premultiplied, 0..1."""
    across, down = _turned(dice)
    radius = np.sqrt(across**2 + down**2) + np.float32(1e-6)
    inner = float(dice.uniform(0.3, 0.7)) if dice.random() < 0.4 else 0.0
    # Over a ring's body this runs from -1 at the hole to 1 at the rim; over a ball from 0 to 1.
    place = (radius - (1 + inner) / 2) / ((1 - inner) / 2) if inner else radius
    height = np.sqrt(np.clip(1 - place**2, 0.02, 1))
    slope = np.dstack([place * across / radius, place * down / radius, height])
    lit = np.clip(slope @ light, 0, 1)[..., None]
    base = 1 - dice.uniform(0, 0.15, 3) if pale else dice.uniform(0.05, 0.95, 3)
    glance = np.clip(lit, 0, 1) ** 20 * dice.uniform(0, 0.6)
    color = np.clip(base * (0.45 + 0.6 * lit) + glance, 0, 1).astype(np.float32)
    covered = (np.abs(place) <= 1).astype(np.float32)[..., None]
    return np.concatenate([color * covered, covered], axis=2)


def _turned(dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Coordinates around a middle, turned and stretched so that the shape ends at radius 1."""
    half = SIDE * (0.5 - _MARGIN)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    x = (columns - SIDE / 2) / half - dice.uniform(-0.45, 0.45)
    y = (rows - SIDE / 2) / half - dice.uniform(-0.45, 0.45)
    angle, wide, high = dice.uniform(0, np.pi), *dice.uniform(0.2, 0.5, 2)
    turned = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(turned[0] / wide), np.asarray(turned[1] / high)
