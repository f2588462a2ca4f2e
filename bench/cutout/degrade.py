"""Degrade artwork as uploads are: off-white background, noise, blur, compression, a shadow."""

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
"""The kinds whose mean is the headline; whether to keep a shadow is a matter of taste."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file as it would be uploaded, and its true cutout."""

    source: str
    name: str
    kind: str
    data: bytes
    truth: Truth

    @property
    def key(self) -> str:
        """A unique name."""
        return f"{self.source}/{self.name}/{self.kind}"


def make_samples(artwork: Artwork, kinds: Sequence[str]) -> Iterator[Sample]:
    """Yield a sample of each kind; most have the same shape, and share the truth."""
    truths: dict[str, tuple[Floats, Truth]] = {}
    for kind in kinds:
        shape = kind if kind in {"soft", "nonsquare"} else "square"
        if shape not in truths:
            full = place(artwork, shape)
            truths[shape] = full, truth_of(full)
        full, truth = truths[shape]
        noise = np.random.default_rng(seed("noise", artwork.source, artwork.name, kind))
        yield Sample(artwork.source, artwork.name, kind, _encode_kind(full, kind, noise), truth)


def place(artwork: Artwork, shape: str) -> Floats:
    """Place the artwork on a transparent canvas: premultiplied, 0..1."""
    width = height = SIDE
    if shape == "nonsquare":
        sides = (3 * SIDE // 2, SIDE)
        width, height = sides if seed("upright", artwork.name) % 2 else sides[::-1]
    full = _premultiply(_center(artwork.pixels, width, height))
    return np.asarray(cv2.GaussianBlur(full, (0, 0), 1.5)) if shape == "soft" else full


def _premultiply(pixels: Pixels) -> Floats:
    scaled = pixels.astype(np.float32) / np.float32(255)
    scaled[..., :3] *= scaled[..., 3:]
    return scaled


def _center(pixels: Pixels, width: int, height: int) -> Pixels:
    canvas = np.zeros((height, width, 4), np.uint8)
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas


def _encode_kind(truth: Floats, kind: str, noise: np.random.Generator) -> bytes:
    if kind == "jpeg":
        return encode(on_background(truth, 255), "JPEG", quality=90)
    if kind == "webp":
        return encode(on_background(truth, 255), "WEBP", quality=85, method=4)
    if kind == "offwhite":
        tint = noise.integers(250, 254, 3)
        return encode(on_background(truth, tint) + grain(truth, 1, noise), compress_level=1)
    if kind == "soft":
        return encode(on_background(truth, 254) + grain(truth, 0.6, noise), compress_level=1)
    if kind == "shadow":
        return encode(on_background(_with_shadow(truth, noise), 255))
    return encode(on_background(truth, 255))


def on_background(truth: Floats, background: int | NDArray[np.int64]) -> Floats:
    """Composite a premultiplied truth, 0..1, over a color: levels, 0..255."""
    return np.asarray(truth[..., :3] * 255 + (1 - truth[..., 3:]) * background, np.float32)


def grain(truth: Floats, strength: float, noise: np.random.Generator) -> Floats:
    """Return Gaussian noise of this strength, in levels."""
    values = noise.standard_normal((*truth.shape[:2], 3), dtype=np.float32)
    return np.asarray(values * np.float32(strength), np.float32)


def _with_shadow(truth: Floats, noise: np.random.Generator) -> Floats:
    """Add the shadow of a light from above: black, blurred, and below the subject."""
    distance = int(noise.integers(14, 40))
    shadow = cv2.GaussianBlur(
        np.roll(truth[..., 3], distance, axis=0), (0, 0), noise.uniform(14, 30)
    )
    out = truth.copy()
    out[..., 3] += np.asarray(shadow, np.float32) * noise.uniform(0.2, 0.4) * (1 - truth[..., 3])
    return out


def encode(color: Floats, file_format: str = "PNG", **options: int) -> bytes:
    """Encode levels as a file."""
    file = io.BytesIO()
    pixels = np.clip(np.rint(color), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()
