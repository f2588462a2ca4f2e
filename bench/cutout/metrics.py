"""Compare a result with the truth."""

import io

import cv2
import numpy as np
from PIL import Image

from bench.cutout.truth import OUT, Floats, Mask, Truth

MAX_PSNR = 50.0  # dB; beyond it no difference is visible, and a perfect image must not hide others

MAGENTA = np.array([255, 0, 255], np.float32)
_BLACK = np.zeros(3, np.float32)


def measure(png: bytes, truth: Truth) -> dict[str, float | None]:
    """Compare a result with the nearest of the references.

    Returns:
        `psnr`: of the composite over magenta, in dB, at most MAX_PSNR.
        `sure`: the same without enclosed white areas.
        `halo`: mean color error (0..255) in the boundary band, over black and over magenta.
        `left`: percent of the background that kept an alpha above 0.1.
        `eaten`: percent of the opaque subject whose alpha fell below 0.5.
    """
    result = read(png)
    composite = over(result, MAGENTA)
    distances = [_squared(composite - over(reference, MAGENTA)) for reference in truth.references]
    nearest = int(np.argmin([distance.mean() for distance in distances]))
    reference = truth.references[nearest]
    alpha, true_alpha = result[..., 3], reference[..., 3]
    return {
        "psnr": _psnr(float(distances[nearest].mean())),
        "sure": _psnr(min(_mean(distance, ~truth.enclosed) for distance in distances)),
        "halo": _halo(result, reference),
        "left": _percent(alpha > 0.1, true_alpha < 0.02),
        "eaten": _percent(alpha < 0.5, true_alpha > 0.95),
    }


def read(png: bytes) -> Floats:
    """Return a result premultiplied: color 0..255, alpha 0..1."""
    image = Image.open(io.BytesIO(png))
    if image.size != (OUT, OUT):
        raise ValueError(f"the result is {image.width}x{image.height}, not {OUT}x{OUT}")
    pixels = np.asarray(image.convert("RGBA")).astype(np.float32)
    pixels[..., 3] /= 255
    pixels[..., :3] *= pixels[..., 3:]
    return pixels


def over(premultiplied: Floats, backdrop: Floats) -> Floats:
    """Composite a premultiplied image over a color."""
    return premultiplied[..., :3] + (1 - premultiplied[..., 3:]) * backdrop


def _squared(difference: Floats) -> Floats:
    """Return the mean square of the three channels."""
    return np.asarray(np.einsum("yxc,yxc->yx", difference, difference) / np.float32(3))


def _psnr(squared_error: float) -> float:
    return min(MAX_PSNR, float(10 * np.log10(255**2 / max(squared_error, 1e-9))))


def _mean(values: Floats, mask: Mask) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0


def _percent(wrong: Mask, among: Mask) -> float:
    return 100 * float((wrong & among).sum()) / max(1, int(among.sum()))


def _halo(result: Floats, reference: Floats) -> float | None:
    """Return the mean error at the edges and one pixel around, or None without edges."""
    edges = (reference[..., 3] > 0.02) & (reference[..., 3] < 0.98)
    band = cv2.dilate(edges.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not band.any():
        return None
    errors = [
        np.abs(over(result, backdrop) - over(reference, backdrop))[band].mean()
        for backdrop in (_BLACK, MAGENTA)
    ]
    return float(np.mean(errors))
