"""Draw the variants in docs/variants.md: `python -m bench.imaging.variant_sheet`.

The image is the offline painter's own.
"""

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from app import imaging
from app.imaging import Filter, Variant
from app.painter import paint

PROMPT = "an owl reading a book"
SIDE, GAP, HEAD, COLUMNS = 150, 8, 20, 6
ORANGE, BLACK = (255, 122, 0), (0, 0, 0)
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "saturation=0.3": {"saturation": 0.3},
    "hue=120": {"hue": 120},
    "gamma=1.8": {"gamma": 1.8},
    "filter=grayscale": {"filters": (Filter("grayscale"),)},
    "filter=sepia": {"filters": (Filter("sepia"),)},
    "filter=invert": {"filters": (Filter("invert"),)},
    "filter=posterize:3": {"filters": (Filter("posterize", (3,)),)},
    "filter=duotone:...": {"filters": (Filter("duotone", ((30, 20, 90), (255, 220, 150))),)},
    "filter=tint:ff7a00": {"filters": (Filter("tint", (ORANGE,)),)},
    "filter=blur:3": {"filters": (Filter("blur", (3,)),)},
    "filter=pixelate:8": {"filters": (Filter("pixelate", (8,)),)},
    "rotate=90&flip=h": {"rotate": 90, "flip": "h"},
    "padding=20": {"padding": 20, "background": (225, 235, 245)},
    "fit=cover": {"height": SIDE // 2, "fit": "cover", "background": (225, 235, 245)},
    "background=ffd6e0": {"background": (255, 214, 224)},
    "outline=5,ff7a00": {"padding": 6, "outline": (5, ORANGE)},
    "shadow=4,6,4,000,0.5": {"padding": 6, "shadow": (4, 6, 4, BLACK, 0.5)},
}
OUT = Path(__file__).resolve().parents[2] / "docs" / "variants.png"


def main() -> None:
    """Write docs/variants.png."""
    original = paint(PROMPT)
    image = imaging.cutout(original).png
    rows = -(-len(VARIANTS) // COLUMNS)
    size = (COLUMNS * (SIDE + GAP) - GAP, rows * (SIDE + HEAD + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    for number, (title, parameters) in enumerate(VARIANTS.items()):
        left, top = number % COLUMNS * (SIDE + GAP), number // COLUMNS * (SIDE + HEAD + GAP)
        pen.text((left + 2, top + 3), title, fill="black", font_size=13)
        variant = Variant(**{"width": SIDE, "height": SIDE, **parameters})
        rendered = imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)
        tile = Image.open(io.BytesIO(rendered))
        sheet.paste(tile, (left, top + HEAD + (SIDE - variant.height) // 2), tile)
    sheet.quantize(256).save(OUT, optimize=True)
    print(OUT.name, sheet.size, OUT.stat().st_size)


if __name__ == "__main__":
    main()
