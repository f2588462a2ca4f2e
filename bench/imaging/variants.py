"""How long variants take, beside plain Pillow making a thumbnail of the same original.

Run with `python -m bench.imaging.variants`.
"""

import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image

from app import imaging
from app.imaging import Filter, Variant
from app.painter import paint
from bench.results import Row, report

ROUNDS = 15
PROMPT = "an owl reading a book"
TARGET = 0.45  # of the reference, for 256 px from the original
STICKER: dict[str, Any] = {
    "filters": (Filter("sepia"), Filter("sharpen")),
    "outline": (4, (255, 255, 255)),
    "shadow": (2, 4, 3, (0, 0, 0), 0.5),
}
WANTED: dict[str, tuple[Variant, float | None]] = {
    "256 png from the stored image": (Variant(brightness=1.1), TARGET),
    "256 png from the original, holes=keep": (Variant(holes="keep"), TARGET),
    "512 png": (Variant(width=512, height=512), None),
    "512 webp": (Variant(width=512, height=512, format="webp"), None),
    "512 avif": (Variant(width=512, height=512, format="avif"), None),
    "1024 png": (Variant(width=1024, height=1024), None),
    "128 webp, two filters, outline, shadow": (
        Variant(width=128, height=128, format="webp", **STICKER),
        None,
    ),
    "2048 png, two filters, outline, shadow": (Variant(width=2048, height=2048, **STICKER), None),
}
Way = Callable[[], object]


def main() -> None:
    """Print the table and keep it."""
    original = grained(paint(PROMPT))
    image = imaging.cutout(original).png
    ways: dict[str, tuple[Way, float | None]] = {
        "Pillow: decode, LANCZOS, 256 png": (lambda: by_pillow(original), None),
        "OpenCV: decode, INTER_AREA, 256 png": (lambda: by_opencv(original), None),
    }
    for name, (variant, most) in WANTED.items():
        ways[name] = (_way(image, original, variant), most)
    spent = measured({name: way for name, (way, _) in ways.items()})
    floor = next(iter(spent.values()))
    rows = [_row(name, times, floor, ways[name][1]) for name, times in spent.items()]
    report("variants", f"Variants of a 1024x1024 PNG of {len(original) // 1024} KB", rows)


def grained(png: bytes) -> bytes:
    """Return the drawing with grain on it, which makes the file as large as those of a model."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.float64)
    grain = np.random.default_rng(1).normal(0, 3, pixels.shape)
    pixels += grain * (pixels.min(axis=2, keepdims=True) < 250)
    out = io.BytesIO()
    Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def by_pillow(original: bytes) -> bytes:
    """Make a thumbnail as most programs do; nothing is cut out."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(original)) as image:
        small = image.convert("RGBA").resize((256, 256), Image.Resampling.LANCZOS)
        small.save(out, "PNG")
    return out.getvalue()


def by_opencv(original: bytes) -> bytes:
    """Make a thumbnail as fast programs do; nothing is cut out."""
    pixels = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return cv2.imencode(".png", cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA))[
        1
    ].tobytes()


def measured(ways: dict[str, Way]) -> dict[str, list[float]]:
    """Return each way's processor seconds, round by round, interleaved."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            began = time.process_time()
            way()
            if number:  # the first round loads libraries
                spent[name].append(time.process_time() - began)
    return spent


def _way(image: bytes, original: bytes, variant: Variant) -> Way:
    return lambda: imaging.render_variant(image, lambda: original, variant)


def _row(name: str, times: list[float], floor: list[float], most: float | None) -> Row:
    ratios = [time / base for time, base in zip(times, floor, strict=True)]
    return Row(
        name=name,
        ratio=statistics.median(ratios),
        most=most,
        low=min(ratios),
        high=max(ratios),
        value=f"{1000 * statistics.median(times):.1f} ms",
    )


if __name__ == "__main__":
    main()
