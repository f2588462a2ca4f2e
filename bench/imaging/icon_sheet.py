"""Draw the icons in docs/variants.md: `python -m bench.imaging.icon_sheet [FILE...]`.

Without files, the cutouts are of the offline painter's own art.
"""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from app import imaging
from app.imaging.exports.icon import ICON_SIDES, reduce_to_icon
from app.imaging.variants.premultiply import resize
from app.painter import paint

PROMPTS = (
    *("a red fox", "an owl reading a book", "a glazed doughnut", "a green cactus", "a blue rocket"),
    *("a yellow robot", "a penguin", "a cup of coffee", "a castle", "a guitar"),
)
BACKDROPS = ((240, 240, 240), (30, 32, 38))
TILE, GAP, COLUMNS = 96, 8, 2
OUT = Path(__file__).resolve().parents[2] / "docs" / "icons.png"


def main() -> None:
    """Write docs/icons.png."""
    files = [Path(name).read_bytes() for name in sys.argv[1:]]
    strips = [_strip(original) for original in files or [paint(prompt) for prompt in PROMPTS]]
    rows = -(-len(strips) // COLUMNS)
    width, height = strips[0].size
    sheet = Image.new("RGB", (COLUMNS * (width + GAP) - GAP, rows * (height + GAP) - GAP), "white")
    for number, strip in enumerate(strips):
        column, row = divmod(number, rows)
        sheet.paste(strip, (column * (width + GAP), row * (height + GAP)))
    sheet.quantize(256).save(OUT, optimize=True)
    print(OUT.name, sheet.size, OUT.stat().st_size)


def _strip(original: bytes) -> Image.Image:
    """Return one cutout: averaged to 16 px, and its icons, enlarged, on two backdrops."""
    with Image.open(io.BytesIO(imaging.cutout(original).png)) as opened:
        image = np.asarray(opened.convert("RGBA"))
    averaged = resize(image, ICON_SIDES[0], ICON_SIDES[0])
    icons = [averaged, *(reduce_to_icon(image, side) for side in ICON_SIDES)]
    tiles = [_tile(Image.fromarray(icon), backdrop) for backdrop in BACKDROPS for icon in icons]
    strip = Image.new("RGB", (len(tiles) * TILE, TILE))
    for number, tile in enumerate(tiles):
        strip.paste(tile, (number * TILE, 0))
    return strip


def _tile(icon: Image.Image, backdrop: tuple[int, int, int]) -> Image.Image:
    zoom = (TILE - GAP) // icon.width
    enlarged = icon.resize((icon.width * zoom,) * 2, Image.Resampling.NEAREST)
    tile = Image.new("RGB", (TILE, TILE), backdrop)
    offset = (TILE - enlarged.width) // 2
    tile.paste(enlarged, (offset, offset), enlarged)
    return tile


if __name__ == "__main__":
    main()
