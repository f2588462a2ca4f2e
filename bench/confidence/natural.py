"""Artwork as image models draw it: on their backgrounds, with shadows and soft parts."""

from collections.abc import Iterator

import cv2
import numpy as np

from bench.cutout import degrade
from bench.cutout.artwork import Artwork, seed
from bench.cutout.degrade import Sample
from bench.cutout.truth import Floats, Truth, truth_of

KINDS = ("even", "contact", "studio", "glow", "feathered", "tiles")
_BACKGROUNDS = (  # color, noise in levels, and file format, as models draw them
    ((254, 254, 254), 0.0, "PNG"),
    ((255, 252, 249), 0.7, "PNG"),
    ((253, 253, 253), 1.0, "PNG"),
    ((255, 255, 255), 0.0, "JPEG"),
    ((254, 254, 254), 0.0, "WEBP"),
)
_OPTIONS: dict[str, dict[str, int]] = {
    "PNG": {"compress_level": 1},
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 85},
}


def make_samples(chosen: Artwork) -> Iterator[tuple[Sample, Truth]]:
    """Yield each kind, with a second truth: without its shadow or glow, if it has one."""
    full = degrade.place(chosen, "square")
    bare = truth_of(full)
    for kind in KINDS:
        rng = np.random.default_rng(seed("natural", chosen.source, chosen.name, kind))
        drawn, background, cast = _draw(full, kind, rng)
        soft = drawn if drawn is not full else None
        truth = bare if soft is None else truth_of(drawn)
        other = bare if kind == "glow" else truth
        data = _encode(drawn, background, cast, rng)
        yield Sample(chosen.source, chosen.name, kind, data, truth), other


def _draw(full: Floats, kind: str, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Return the premultiplied drawing, its background in levels, and the shadow's opacity."""
    height, width = full.shape[:2]
    background = np.ones((height, width, 1), np.float32)
    nothing = np.zeros((height, width), np.float32)
    if kind == "contact":
        return full, background, _contact_shadow(full[..., 3], rng)
    if kind == "studio":
        return full, _studio(height, width, rng), _contact_shadow(full[..., 3], rng)
    if kind == "tiles":
        return full, _tiles(height, width, rng), nothing
    if kind == "glow":
        return _with_glow(full, rng), background, nothing
    if kind == "feathered":
        return np.asarray(cv2.GaussianBlur(full, (0, 0), rng.uniform(4, 12))), background, nothing
    return full, background, nothing


def _contact_shadow(alpha: Floats, rng: np.random.Generator) -> Floats:
    """Return the opacity of a flat, soft ellipse below the subject."""
    x, y, w, h = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    shadow = np.zeros_like(alpha)
    wide, flat = w * rng.uniform(0.3, 0.6), max(6.0, h * rng.uniform(0.02, 0.08))
    middle = (int(x + w / 2 + rng.uniform(-0.1, 0.1) * w), int(y + h - flat / 2))
    cv2.ellipse(shadow, middle, (int(wide), int(flat)), 0, 0, 360, 1.0, -1)
    blurred = cv2.GaussianBlur(shadow, (0, 0), flat * rng.uniform(0.4, 1.0))
    return np.asarray(blurred * rng.uniform(0.15, 0.7), np.float32)


def _studio(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Return a background that darkens towards some corners by 4 to 40 levels."""
    corners = 1 - rng.uniform(0, 0.16, (2, 2)).astype(np.float32)
    plane = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    radius = np.hypot(rows / height - 0.5, columns / width - 0.5)
    return np.asarray(plane - rng.uniform(0, 0.06) * radius**2, np.float32)[..., None]


def _tiles(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Return a painted checkerboard, the sign for transparency."""
    side = float(rng.uniform(12, 48))
    rows, columns = np.mgrid[:height, :width]
    odd = ((rows // side + columns // side) % 2).astype(np.float32)
    dark = rng.uniform(0.75, 0.93)
    return np.asarray(cv2.GaussianBlur(1 - odd * (1 - dark), (0, 0), 0.8), np.float32)[..., None]


def _with_glow(full: Floats, rng: np.random.Generator) -> Floats:
    halo = cv2.GaussianBlur(full[..., 3], (0, 0), rng.uniform(12, 40)) * rng.uniform(0.4, 0.9)
    color = rng.uniform(0.2, 1.0, 3).astype(np.float32)
    layer = np.dstack([halo[..., None] * color, halo])
    return np.asarray(full + layer * (1 - full[..., 3:]), np.float32)


def _encode(drawn: Floats, background: Floats, cast: Floats, rng: np.random.Generator) -> bytes:
    tint, noise, file_format = _BACKGROUNDS[rng.integers(len(_BACKGROUNDS))]
    behind = background * (1 - cast[..., None]) * 255
    image = drawn[..., :3] * 255 + (1 - drawn[..., 3:]) * behind
    toned = image * (np.array(tint, np.float32) / 255) + degrade.grain(drawn, noise, rng)
    return degrade.encode(np.asarray(toned, np.float32), file_format, **_OPTIONS[file_format])
