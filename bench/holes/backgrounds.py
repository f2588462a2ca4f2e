"""Lay artwork on backgrounds such as image models draw, with white of the same color."""

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.holes.table import Array

_NEAR_WHITE = 243


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A background.

    Attributes:
        name: in the tables of the README.
        color: RGB.
        noise: standard deviation, levels.
        codec: `png`, `jpeg` or `webp`.
        share: of the images that are laid on it.
    """

    name: str
    color: tuple[int, int, int]
    noise: float = 0.0
    codec: str = "png"
    share: float = 0.1


BACKDROPS = (
    Backdrop("white", (255, 255, 255), share=0.25),
    Backdrop("254", (254, 254, 254), share=0.25),
    Backdrop("warm", (255, 252, 249), noise=0.7, share=0.12),
    Backdrop("253", (253, 253, 253), noise=1.0, share=0.12),
    Backdrop("JPEG", (255, 255, 255), codec="jpeg", share=0.1),
    Backdrop("WEBP", (255, 255, 255), codec="webp", share=0.1),
    Backdrop("cream", (239, 238, 228), noise=0.8, share=0.06),
)
_QUALITY = {"jpeg": 90, "webp": 85}


@dataclass(frozen=True, slots=True)
class Laid:
    """Artwork on a background: a file's pixels as the decoder returns them.

    Attributes:
        backdrop: what it lies on.
        image: (h, w, 3) uint8 BGR.
        alpha: (h, w) float32, 0..1.
        lossy: whether the file was compressed with loss.
    """

    backdrop: Backdrop
    image: Array
    alpha: Array
    lossy: bool


def choose_backdrops(rng: np.random.Generator, count: int) -> list[Backdrop]:
    """Return different backgrounds, by their shares."""
    shares = np.array([backdrop.share for backdrop in BACKDROPS])
    chosen = rng.choice(len(BACKDROPS), count, replace=False, p=shares / shares.sum())
    return [BACKDROPS[i] for i in chosen]


def find_backdrop(name: str) -> Backdrop:
    """Return a background by its name."""
    return next(backdrop for backdrop in BACKDROPS if backdrop.name == name)


def lay(pixels: Array, backdrop: Backdrop, rng: np.random.Generator, *, drawn: bool = True) -> Laid:
    """Lay artwork on a background.

    Args:
        pixels: (h, w, 4) uint8 BGRA, straight alpha.
        backdrop: the background.
        rng: its noise, and the unevenness of what a model draws.
        drawn: whether white and holes differ a little from the background, as in images that a
            model draws; else they are exactly as in the artwork.
    """
    alpha = pixels[..., 3].astype(np.float32) / 255
    color = np.array(backdrop.color[::-1], np.float32)
    image = pixels[..., :3] * alpha[..., None] + 255 * (1 - alpha[..., None])
    if drawn:
        image = image + _unevenness(image, alpha, backdrop, rng)[..., None]
    if rng.random() < 0.85:  # enclosed white nearly always has the background's color
        image = image * (color / 255)
    else:
        image = pixels[..., :3] * alpha[..., None] + color * (1 - alpha[..., None])
    if backdrop.noise:
        image = image + backdrop.noise * rng.standard_normal(image.shape, np.float32)
    levels = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    if backdrop.codec != "png":
        levels = _compress(levels, backdrop.codec)
    return Laid(backdrop, levels, alpha, backdrop.codec != "png")


def _unevenness(image: Array, alpha: Array, backdrop: Backdrop, rng: np.random.Generator) -> Array:
    """Return levels to add: half of the drawings have white that isn't flat.

    Where the background is flat, holes are as flat; else some are lighter or darker by a level.
    """
    shift = np.zeros(alpha.shape, np.float32)
    white = (image.min(axis=2) >= _NEAR_WHITE) & (alpha > 0.5)
    if rng.random() < 0.5:
        small = rng.normal(0, 1, (24, 24)).astype(np.float32)
        smooth = cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC)
        grain = rng.standard_normal(alpha.shape, np.float32)
        depth = abs(rng.normal(0, 1.2))
        field = np.float32(depth) + np.float32(rng.uniform(0, 0.8)) * smooth
        field += np.float32(rng.uniform(0, 1)) * grain
        shift[white] = -np.maximum(field, 0)[white]
    flat = backdrop.noise == 0 and backdrop.codec == "png"
    if rng.random() < (0.1 if flat else 0.5):
        _, labels = cv2.connectedComponents((alpha < 0.5).astype(np.uint8), connectivity=4)
        levels = rng.normal(0, 0.8, int(labels.max()) + 1).astype(np.float32)
        levels[[0, labels[0, 0]]] = 0
        shift += levels[labels]
    return shift


def _compress(levels: Array, codec: str) -> Array:
    file = io.BytesIO()
    options: dict[str, Any] = {"quality": _QUALITY[codec]}
    Image.fromarray(levels[..., ::-1]).save(file, codec.upper(), **options)
    return np.ascontiguousarray(np.asarray(Image.open(file).convert("RGB"))[..., ::-1])
