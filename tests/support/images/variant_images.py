"""Images for the tests of variants, and how to look at a result."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app import imaging
from app.imaging import Variant

Pixels = NDArray[np.int64]
Floats = NDArray[np.float64]


def stored(rgba: Any) -> bytes:
    """Write RGBA values as an image that might be stored."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(rgba, np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def random_image(seed: int, height: int = 256, width: int = 256) -> Pixels:
    """Any colors with any opacity, a third of the pixels transparent, a third opaque."""
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (height, width, 4))
    third = rng.integers(0, 3, (height, width))
    rgba[third == 0] = 0
    rgba[third == 1, 3] = 255
    rgba[rgba[..., 3] == 0] = 0
    return np.asarray(rgba)


def never() -> bytes:
    """Fail: the original isn't to be fetched."""
    raise AssertionError("the original was fetched")


def shown(file: bytes) -> Pixels:
    """Return the RGBA values of a file."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGBA")).astype(np.int64)


def varied(rgba: Any, **wanted: Any) -> Pixels:
    """Return what becomes of a stored image, the original of which isn't needed."""
    return shown(imaging.render_variant(stored(rgba), never, Variant(**wanted)))


def weighted(rgba: Any) -> Floats:
    """Return colors weighted by opacity, and opacity, all 0..1."""
    values = np.asarray(rgba, float) / 255
    values[..., :3] *= values[..., 3:]
    return values


def straight(values: Floats) -> Floats:
    """Return the opposite of `weighted`, in levels."""
    alpha = values[..., 3:]
    color = np.divide(values[..., :3], alpha, out=np.zeros_like(values[..., :3]), where=alpha > 0)
    return np.concatenate([color, alpha], axis=-1) * 255


def assert_same(found: Pixels, expected: Floats, *, levels: float = 1.0) -> None:
    """Compare opacity, and colors as they are seen on black and on white."""
    assert np.abs(found[..., 3] - expected[..., 3]).max() <= levels
    for backdrop in (0, 255):
        seen, right = (
            values[..., :3] * (values[..., 3:] / 255) + backdrop * (1 - values[..., 3:] / 255)
            for values in (found, expected)
        )
        assert np.abs(seen - right).max() <= levels
