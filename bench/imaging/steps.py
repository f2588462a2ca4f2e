"""Draw the steps of a cutout for docs/cutout.md: `python -m bench.imaging.steps`.

The images are the offline painter's own.
"""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from app.imaging import CutoutOptions, CutoutReport, cutout
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.edges.edge_alpha import estimate_alpha
from app.imaging.cutout.edges.edge_width import edge_width
from app.imaging.cutout.regions import Regions, background_like, label_regions
from app.imaging.cutout.segmentation import SegmentationOptions, segment
from app.painter import paint_transparent

SIDE, GAP, HEAD = 256, 12, 22
PROMPTS = ("a glazed doughnut", "a red mug", "an owl reading a book")
TITLES = ("original", "distance", "subject · hole · kept", "opacity", "over magenta", "over black")
OUT = Path(__file__).resolve().parents[2] / "docs" / "cutout.png"


def main() -> None:
    """Write docs/cutout.png and print each image's report."""
    rows = [steps(painted(prompt)) for prompt in PROMPTS]
    width = len(TITLES) * (SIDE + GAP) - GAP
    sheet = Image.new("RGB", (width, HEAD + len(rows) * (SIDE + GAP) - GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for column, title in enumerate(TITLES):
        pen.text((column * (SIDE + GAP) + 4, 2), title, fill="black", font_size=15)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            sheet.paste(image, (column * (SIDE + GAP), HEAD + row * (SIDE + GAP)))
    sheet.save(OUT, optimize=True)
    print(OUT.name, sheet.size)


def painted(prompt: str) -> bytes:
    """Return a PNG on white; white parts have the same color, as most models paint them."""
    emblem = paint_transparent(prompt, white="#ffffff")
    image = Image.new("RGB", emblem.size, "white")
    image.paste(emblem, mask=emblem)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def steps(data: bytes) -> list[Image.Image]:
    """Return an image for each title."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    image = cv2.resize(pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA)
    background = estimate_background(image)
    distance = color_distance(image, background.color)
    options = SegmentationOptions(CutoutOptions(), lossy=False, ringing=0.0)
    found = segment(image, distance, background, options)
    width = edge_width(found.distance, found.background)
    alpha = estimate_alpha(image, found.distance, found.background, found.color, width)
    done = cutout(data)
    print(_describe(done.report))
    result = Image.open(io.BytesIO(done.png))
    regions = label_regions(background_like(distance, background))
    return [
        _tile(image[..., ::-1]),
        _tile(np.minimum(distance.astype(int) * 2, 255)),
        _tile(_color_regions(regions, found.background)),
        _tile(alpha),
        _over(result, "magenta"),
        _over(result, "black"),
    ]


def _color_regions(regions: Regions, background: Any) -> Any:
    """Color the subject blue, enclosed regions green (cut) or orange (kept), the outside white."""
    colors = np.full((*background.shape, 3), 255, np.uint8)
    enclosed = regions.labels > 0
    colors[regions.subject.astype(bool)] = (60, 90, 170)
    colors[enclosed & (background == 1)] = (40, 170, 90)
    colors[enclosed & (background == 0)] = (240, 160, 40)
    return colors


def _tile(values: Any) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(values).astype(np.uint8)).convert("RGB")
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def _over(image: Image.Image, color: str) -> Image.Image:
    canvas = Image.new("RGB", image.size, color)
    canvas.paste(image, mask=image)
    return canvas


def _describe(report: CutoutReport) -> str:
    return f"{report.verdict} {report.confidence} cut {report.holes_cut} kept {report.holes_kept}"


if __name__ == "__main__":
    main()
