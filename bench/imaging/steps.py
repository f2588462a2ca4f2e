"""Draws the images of docs/cutout.md: each step of a cutout, on the offline painter's own art.

Run with `python -m bench.imaging.steps`.
"""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from app.imaging import cutout
from app.imaging.cutout import edge_alpha, regions
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.report import CutoutReport
from app.imaging.cutout.segmentation import SegmentationOptions, segment
from app.painter import paint

SIDE, GAP, HEAD = 256, 12, 22
PROMPTS = ("one doughnut", "a mushroom", "an owl reading a book")
TITLES = ("original", "distance", "subject · hole · paint", "opacity", "over magenta", "over black")
OUT = Path(__file__).resolve().parents[2] / "docs" / "cutout.png"


def main() -> None:
    """Write docs/cutout.png and print each image's report."""
    rows = [steps(paint(prompt)) for prompt in PROMPTS]
    width = len(TITLES) * (SIDE + GAP) - GAP
    sheet = Image.new("RGB", (width, HEAD + len(rows) * (SIDE + GAP) - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(TITLES):
        draw.text((column * (SIDE + GAP) + 4, 2), title, fill="black", font_size=15)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            sheet.paste(image, (column * (SIDE + GAP), HEAD + row * (SIDE + GAP)))
    sheet.save(OUT, optimize=True)
    print(OUT.name, sheet.size)


def steps(data: bytes) -> list[Image.Image]:
    """Return one image a title."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    work = cv2.resize(pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA)
    back = estimate_background(work)
    apart = color_distance(work, back.color)
    scene = segment(work, apart, back, SegmentationOptions("auto", lossy=False, ringing=0.0))
    width = edge_alpha.edge_width(scene.distance, scene.background)
    alpha = edge_alpha.estimate_alpha(work, scene.distance, scene.background, scene.color, width)
    done = cutout(data)
    print(_described(done.report))
    result = Image.open(io.BytesIO(done.png))
    return [
        _shown(work[..., ::-1]),
        _shown(np.minimum(apart.astype(int) * 2, 255)),
        _shown(
            _sorted(regions.label_regions(regions.background_like(apart, back)), scene.background)
        ),
        _shown(alpha),
        _over(result, "magenta"),
        _over(result, "black"),
    ]


def _sorted(parts: regions.Regions, paper: Any) -> Any:
    """Color the subject blue, enclosed areas green (cut) or orange (kept), the outside white."""
    colors = np.full((*paper.shape, 3), 255, np.uint8)
    enclosed = parts.labels > 0
    colors[parts.subject.astype(bool)] = (60, 90, 170)
    colors[enclosed & (paper == 1)] = (40, 170, 90)
    colors[enclosed & (paper == 0)] = (240, 160, 40)
    return colors


def _shown(values: Any) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(values).astype(np.uint8)).convert("RGB")
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def _over(image: Image.Image, color: str) -> Image.Image:
    canvas = Image.new("RGB", image.size, color)
    canvas.paste(image, mask=image)
    return canvas


def _described(report: CutoutReport) -> str:
    return f"{report.verdict} {report.confidence} cut {report.holes_cut} kept {report.holes_kept}"


if __name__ == "__main__":
    main()
