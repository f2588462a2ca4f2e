"""The time of variants, compared with a thumbnail by Pillow: `python -m bench.imaging.variants`."""

import io
import statistics
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image

from app import imaging
from app.imaging import Filter, HoleChoice, Variant
from app.painter import paint
from bench.results import compare, report
from bench.support.sample_images import add_grain
from bench.support.timing import interleave

ROUNDS = 15
PROMPT = "an owl reading a book"
TARGET = 0.45  # of the reference, for 256 px
STICKER: dict[str, Any] = {
    "filters": (Filter("sepia"), Filter("sharpen")),
    "outline": (4, (255, 255, 255)),
    "shadow": (2, 4, 3, (0, 0, 0), 0.5),
}
VARIANTS = {
    "256 png from the stored image": Variant(brightness=1.1),
    "256 png from the original, holes=keep": Variant(holes=HoleChoice("keep")),
    "512 png": Variant(width=512, height=512),
    "512 webp": Variant(width=512, height=512, format="webp"),
    "512 avif": Variant(width=512, height=512, format="avif"),
    "1024 png": Variant(width=1024, height=1024),
    "128 webp, two filters, outline, shadow": Variant(
        width=128, height=128, format="webp", **STICKER
    ),
    "2048 png, two filters, outline, shadow": Variant(width=2048, height=2048, **STICKER),
}


def main() -> None:
    """Measure processor time, interleaved."""
    original = add_grain(paint(PROMPT))
    image = imaging.cutout(original).png
    functions: dict[str, Callable[[], object]] = {
        "Pillow: decode, LANCZOS, 256 png": lambda: thumbnail_with_pillow(original),
        "OpenCV: decode, INTER_AREA, 256 png": lambda: thumbnail_with_opencv(original),
    }
    for name, variant in VARIANTS.items():
        functions[name] = _render(image, original, variant)
    spent = interleave(functions, ROUNDS)
    reference = next(iter(spent.values()))
    measurements = [
        compare(
            name,
            times,
            reference,
            value=f"{1000 * statistics.median(times):.1f} ms",
            target=TARGET if name.startswith("256 png") else None,
        )
        for name, times in spent.items()
    ]
    report("variants", f"Variants of a 1024x1024 PNG of {len(original) // 1024} KB", measurements)


def thumbnail_with_pillow(original: bytes) -> bytes:
    """Make a thumbnail as most programs do, without a cutout."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(original)) as image:
        small = image.convert("RGBA").resize((256, 256), Image.Resampling.LANCZOS)
        small.save(out, "PNG")
    return out.getvalue()


def thumbnail_with_opencv(original: bytes) -> bytes:
    """Make a thumbnail as fast programs do, without a cutout."""
    pixels = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    small = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".png", small)[1].tobytes()


def _render(image: bytes, original: bytes, variant: Variant) -> Callable[[], object]:
    return lambda: imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)


if __name__ == "__main__":
    main()
