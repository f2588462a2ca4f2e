"""Images with an alpha channel of their own, as image models draw them."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from app.imaging.cutout.holes import classify_holes
from app.imaging.cutout.native_alpha import see_through
from tests.support.images.sample_images import encoded

Pixels = npt.NDArray[np.uint8]

BLUE, WHITE, RED = (30, 70, 200, 255), (255, 255, 255, 255), (230, 20, 30)
CLEAR = (0, 0, 0, 0)
_SCALE = 4  # drawn larger and reduced, for soft edges


def drawn(*shapes: tuple[str, tuple[int, int, int, int], tuple[int, ...]]) -> Pixels:
    """Draw shapes in order on transparency, 512x512: kind, box and RGBA of each."""
    canvas = Image.new("RGBA", (512 * _SCALE,) * 2)
    pen = ImageDraw.Draw(canvas)
    for kind, box, color in shapes:
        getattr(pen, kind)(tuple(side * _SCALE for side in box), fill=color)
    return np.array(canvas.reduce(_SCALE))


def face(eyes: tuple[int, ...] = WHITE) -> Pixels:
    """Draw a face with two eyes of this color, each with a pupil."""
    return drawn(
        ("ellipse", (80, 80, 432, 432), BLUE),
        ("ellipse", (170, 190, 225, 245), eyes),
        ("ellipse", (287, 190, 342, 245), eyes),
        ("ellipse", (190, 210, 206, 226), (10, 10, 10, 255)),
        ("ellipse", (307, 210, 323, 226), (10, 10, 10, 255)),
    )


def ring() -> Pixels:
    """Draw a ring with a large hole."""
    return drawn(("ellipse", (80, 80, 432, 432), BLUE), ("ellipse", (180, 180, 332, 332), CLEAR))


def with_veil(pixels: Pixels) -> Pixels:
    """Add alpha 1 to 7 where it is 0, and take as much away where it is 255."""
    noise = np.random.default_rng(0).integers(0, 7, pixels.shape[:2], np.uint8)
    alpha, out = pixels[..., 3], pixels.copy()
    out[..., 3] = np.where(alpha == 0, 1 + noise, np.where(alpha == 255, 254 - noise, alpha))
    return out


def with_color_below(pixels: Pixels, color: tuple[int, int, int] = RED) -> Pixels:
    """Change the color of what is fully transparent."""
    out = pixels.copy()
    out[out[..., 3] == 0, :3] = color
    return out


def as_file(pixels: Pixels, kind: str = "PNG", **options: Any) -> bytes:
    """Encode RGBA pixels, with the colors of what is transparent."""
    return encoded(Image.fromarray(pixels), kind, **options)


def decoded(png: bytes) -> npt.NDArray[np.int64]:
    """Return a result's RGBA."""
    with Image.open(io.BytesIO(png)) as image:
        return np.array(image.convert("RGBA")).astype(np.int64)


def judge_shapes_as(monkeypatch: pytest.MonkeyPatch, chance: float) -> None:
    """Let the judgment of shapes on white return this chance."""
    judge = classify_holes

    def judged_as(*args: object, **options: object) -> object:
        found = judge(*args, **options)  # type: ignore[arg-type]  # reason: passed through
        found.chance[:] = chance
        return found

    monkeypatch.setattr(see_through, "classify_holes", judged_as)
