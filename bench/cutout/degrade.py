"""What happens to a drawing before it arrives: tinted paper, noise, blur, JPEG, a shadow."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.cutout.artwork import SIDE, Artwork, Pixels, seed
from bench.cutout.truth import Floats, Truth, truth_of

KINDS = ("clean", "offwhite", "soft", "jpeg", "webp", "nonsquare", "shadow")
HEADLINE = KINDS[:-1]
"""The kinds whose mean is the headline: whether a shadow is wanted is a matter of taste."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file as it would be uploaded, and what its cutout should be."""

    source: str
    name: str
    kind: str
    data: bytes
    truth: Truth

    @property
    def key(self) -> str:
        """Name it uniquely."""
        return f"{self.source}/{self.name}/{self.kind}"


def images(artwork: Artwork, kinds: Sequence[str]) -> Iterator[Sample]:
    """Make the image of each kind; most have the same shape, and share one truth."""
    truths: dict[str, tuple[Floats, Truth]] = {}
    for kind in kinds:
        shape = kind if kind in {"soft", "nonsquare"} else "square"
        if shape not in truths:
            full = _shaped(artwork, shape)
            truths[shape] = full, truth_of(full)
        full, truth = truths[shape]
        noise = np.random.default_rng(seed("noise", artwork.source, artwork.name, kind))
        yield Sample(artwork.source, artwork.name, kind, _file(full, kind, noise), truth)


def _shaped(artwork: Artwork, shape: str) -> Floats:
    """Lay the drawing on a transparent canvas; the result is premultiplied, 0..1."""
    width = height = SIDE
    if shape == "nonsquare":
        sides = (3 * SIDE // 2, SIDE)
        width, height = sides if seed("upright", artwork.name) % 2 else sides[::-1]
    full = _premultiplied(_placed(artwork.pixels, width, height))
    return np.asarray(cv2.GaussianBlur(full, (0, 0), 1.5)) if shape == "soft" else full


def _premultiplied(pixels: Pixels) -> Floats:
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


def _encoded(color: Floats, file_format: str = "PNG", **options: int) -> bytes:
    file = io.BytesIO()
    pixels = np.clip(np.rint(color), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()
