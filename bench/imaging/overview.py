"""Draws the image of README.md: cutouts of the offline painter's own art, on different colors.

Run with `python -m bench.imaging.overview`.
"""

import io
from pathlib import Path

from PIL import Image, ImageDraw

from app.imaging import cutout
from app.painter import paint

SIDE, GAP, COLUMNS, CORNER, CHECK = 200, 12, 4, 24, 25
CHECKED = ("#ffffff", "#dfe3ea")
# Prompt: the color behind its cutout; none for a checkerboard.
SHOWN = {
    "a frog": "",
    "cocoa": "#1e2433",
    "a wise owl": "#f2b843",
    "a planet far away": "",
    "one doughnut": "#7a3d6c",
    "a fast rocket": "#0f7a67",
    "my cat": "",
    "a small dinosaur": "#d75f36",
}
OUT = Path(__file__).resolve().parents[2] / "docs" / "images.png"


def main() -> None:
    """Write docs/images.png."""
    rows = -(-len(SHOWN) // COLUMNS)
    size = (COLUMNS * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for number, (prompt, color) in enumerate(SHOWN.items()):
        place = (number % COLUMNS * (SIDE + GAP), number // COLUMNS * (SIDE + GAP))
        sheet.paste(_card(prompt, color), place, _rounded())
    sheet.save(OUT, optimize=True)
    print(OUT.name, sheet.size, OUT.stat().st_size)


def _card(prompt: str, color: str) -> Image.Image:
    """Return the prompt's cutout on the color, or on a checkerboard."""
    card = Image.new("RGB", (SIDE, SIDE), color or CHECKED[0])
    if not color:
        pen = ImageDraw.Draw(card)
        for x in range(0, SIDE, CHECK):
            for y in range((x // CHECK + 1) % 2 * CHECK, SIDE, 2 * CHECK):
                pen.rectangle((x, y, x + CHECK - 1, y + CHECK - 1), fill=CHECKED[1])
    image = Image.open(io.BytesIO(cutout(paint(prompt)).png)).resize((SIDE, SIDE))
    card.paste(image, mask=image)
    return card


def _rounded() -> Image.Image:
    """Return the mask of a card with round corners."""
    mask = Image.new("L", (4 * SIDE, 4 * SIDE), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 4 * SIDE - 1, 4 * SIDE - 1), 4 * CORNER, fill=255)
    return mask.resize((SIDE, SIDE))


if __name__ == "__main__":
    main()
