"""What happens to a drawing before it arrives: paper that isn't white, noise, blur, JPEG, shadow."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.cutout.artwork import SIDE, Artwork, Pixels, seed

Floats = NDArray[np.float32]

KINDS = ("clean", "offwhite", "soft", "jpeg", "webp", "nonsquare", "shadow")
HEADLINE = KINDS[:-1]
"""The kinds whose mean is the headline: whether a shadow is wanted is a matter of taste."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file as it would be uploaded. `truth` is RGBA, 0..1, premultiplied, of the same size."""

    source: str
    name: str
    kind: str
    data: bytes
    truth: Floats


def pictures(artwork: Artwork, kinds: Sequence[str]) -> Iterator[Picture]:
    """Make the picture of each kind; those with the same outline share the same truth."""
    square = premultiplied(_placed(artwork.pixels, SIDE, SIDE))
    for kind in kinds:
        noise = np.random.default_rng(seed("noise", artwork.source, artwork.name, kind))
        truth = square
        if kind == "nonsquare":
            width, height = (3 * SIDE // 2, SIDE) if noise.random() < 0.5 else (SIDE, 3 * SIDE // 2)
            truth = premultiplied(_placed(artwork.pixels, width, height))
        elif kind == "soft":
            truth = np.asarray(cv2.GaussianBlur(square, (0, 0), 1.5), np.float32)
        data = _file(truth, kind, noise)
        yield Picture(artwork.source, artwork.name, kind, data, truth)


def premultiplied(pixels: Pixels) -> Floats:
    """Turn 8-bit RGBA into 0..1 with the colour weighted by alpha."""
    scaled = pixels.astype(np.float32) / np.float32(255)
    scaled[..., :3] *= scaled[..., 3:]
    return scaled


def _placed(pixels: Pixels, width: int, height: int) -> Pixels:
    canvas = np.zeros((height, width, 4), np.uint8)
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas


def _file(truth: Floats, kind: str, noise: np.random.Generator) -> bytes:
    if kind == "jpeg":
        return _encoded(_on_paper(truth, 255), "JPEG", quality=90)
    if kind == "webp":
        return _encoded(_on_paper(truth, 255), "WEBP", quality=85, method=4)
    if kind == "offwhite":
        tint = noise.integers(250, 254, 3)
        return _encoded(_on_paper(truth, tint) + _grain(truth, 1, noise), compress_level=1)
    if kind == "soft":
        return _encoded(_on_paper(truth, 254) + _grain(truth, 0.6, noise), compress_level=1)
    if kind == "shadow":
        return _encoded(_on_paper(_with_shadow(truth, noise), 255))
    return _encoded(_on_paper(truth, 255))


def _on_paper(truth: Floats, paper: int | NDArray[np.int64]) -> Floats:
    return np.asarray(truth[..., :3] * 255 + (1 - truth[..., 3:]) * paper, np.float32)


def _grain(truth: Floats, strength: float, noise: np.random.Generator) -> Floats:
    drawn = noise.standard_normal((*truth.shape[:2], 3), dtype=np.float32)
    return np.asarray(drawn * np.float32(strength), np.float32)


def _with_shadow(truth: Floats, noise: np.random.Generator) -> Floats:
    """Add what a lamp above would throw: black, blurred, and a little lower than the subject."""
    distance = int(noise.integers(14, 40))
    thrown = cv2.GaussianBlur(
        np.roll(truth[..., 3], distance, axis=0), (0, 0), noise.uniform(14, 30)
    )
    both = truth.copy()
    both[..., 3] += np.asarray(thrown, np.float32) * noise.uniform(0.2, 0.4) * (1 - truth[..., 3])
    return both


def _encoded(colour: Floats, file_format: str = "PNG", **options: int) -> bytes:
    file = io.BytesIO()
    pixels = np.clip(np.rint(colour), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()
