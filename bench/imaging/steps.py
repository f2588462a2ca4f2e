"""Draws the pictures of docs/cutout.md: each step of a cutout, on the offline painter's own art.

Run with `python -m bench.imaging.steps`.
"""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from app.imaging import cutout
from app.imaging.cutout import background as backdrops
from app.imaging.cutout import edge_alpha, regions
from app.imaging.cutout.report import CutoutReport
from app.imaging.cutout.segmentation import SegmentationOptions, take_apart
from app.imaging.emblem import paint

SIDE, GAP, HEAD = 256, 12, 22
PROMPTS = ("a doughnut", "a red mushroom", "an owl reading a book")
TITLES = ("original", "distance", "subject · hole · paint", "opacity", "over magenta", "over black")
OUT = Path(__file__).resolve().parents[2] / "docs" / "cutout.png"


def main() -> None:
    """Write docs/cutout.png and print each picture's report."""
    rows = [steps(paint(prompt)) for prompt in PROMPTS]
    width = len(TITLES) * (SIDE + GAP) - GAP
    sheet = Image.new("RGB", (width, HEAD + len(rows) * (SIDE + GAP) - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(TITLES):
        draw.text((column * (SIDE + GAP) + 4, 2), title, fill="black", font_size=15)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (column * (SIDE + GAP), HEAD + row * (SIDE + GAP)))
    sheet.save(OUT, optimize=True)
    print(OUT.name, sheet.size)


def steps(data: bytes) -> list[Image.Image]:
    """Return one picture a title."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    work = cv2.resize(pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA)
    back = backdrops.measure(work)
    apart = backdrops.distance(work, back.colour)
    scene = take_apart(work, apart, back, SegmentationOptions("auto", lossy=False, ringing=0.0))
    width = edge_alpha.softness(scene.apart, scene.paper)
    alpha = edge_alpha.alpha(work, scene.apart, scene.paper, scene.colour, width)
    done = cutout(data)
    print(_described(done.report))
    result = Image.open(io.BytesIO(done.png))
    return [
        _shown(work[..., ::-1]),
        _shown(np.minimum(apart.astype(int) * 2, 255)),
        _shown(_sorted(regions.connect(regions.alike(apart, back)), scene.paper)),
        _shown(alpha),
        _over(result, "magenta"),
        _over(result, "black"),
    ]


def _sorted(parts: regions.Regions, paper: Any) -> Any:
    """Colour the subject blue, enclosed areas green (cut) or orange (kept), the outside white."""
    colours = np.full((*paper.shape, 3), 255, np.uint8)
    enclosed = parts.labels > 0
    colours[parts.subject.astype(bool)] = (60, 90, 170)
    colours[enclosed & (paper == 1)] = (40, 170, 90)
    colours[enclosed & (paper == 0)] = (240, 160, 40)
    return colours


def _shown(values: Any) -> Image.Image:
    picture = Image.fromarray(np.ascontiguousarray(values).astype(np.uint8)).convert("RGB")
    return picture.resize((SIDE, SIDE), Image.Resampling.BOX)


def _over(picture: Image.Image, colour: str) -> Image.Image:
    canvas = Image.new("RGB", picture.size, colour)
    canvas.paste(picture, mask=picture)
    return canvas


def _described(report: CutoutReport) -> str:
    return f"{report.verdict} {report.confidence} cut {report.holes_cut} kept {report.holes_kept}"


if __name__ == "__main__":
    main()
