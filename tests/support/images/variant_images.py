"""Random stored images for tests of variants, and helpers to inspect results."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app import imaging
from app.imaging import Variant

Pixels = NDArray[np.int64]
Floats = NDArray[np.float64]


def encode_stored(rgba: Any) -> bytes:
    """Return RGBA values as the file of a stored image."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(rgba, np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def random_image(seed: int, height: int = 256, width: int = 256) -> Pixels:
    """Return random colors and alphas; a third of the pixels is transparent, a third opaque."""
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (height, width, 4))
    third = rng.integers(0, 3, (height, width))
    rgba[third == 0] = 0
    rgba[third == 1, 3] = 255
    rgba[rgba[..., 3] == 0] = 0
    return np.asarray(rgba)


def no_original() -> imaging.VariantSource:
    """Fail, for tests in which the original must not be fetched."""
    raise AssertionError("the original was fetched")


def decode(file: bytes) -> Pixels:
    """Return the RGBA values of a file."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGBA")).astype(np.int64)


def render(rgba: Any, **parameters: Any) -> Pixels:
    """Render a variant of a stored image that does not need its original."""
    file = imaging.render_variant(encode_stored(rgba), no_original, Variant(**parameters))
    return decode(file)


def premultiplied(rgba: Any) -> Floats:
    """Return premultiplied colors and alpha, all 0..1."""
    values = np.asarray(rgba, float) / 255
    values[..., :3] *= values[..., 3:]
    return values


def straight(values: Floats) -> Floats:
    """Return the inverse of `premultiplied`, in levels."""
    alpha = values[..., 3:]
    color = np.divide(values[..., :3], alpha, out=np.zeros_like(values[..., :3]), where=alpha > 0)
    return np.concatenate([color, alpha], axis=-1) * 255


def assert_close(found: Pixels, expected: Floats, *, levels: float = 1.0) -> None:
    """Compare alpha, and the colors composited over black and over white."""
    assert np.abs(found[..., 3] - expected[..., 3]).max() <= levels
    for backdrop in (0, 255):
        actual, right = (
            values[..., :3] * (values[..., 3:] / 255) + backdrop * (1 - values[..., 3:] / 255)
            for values in (found, expected)
        )
        assert np.abs(actual - right).max() <= levels
