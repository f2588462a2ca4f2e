"""Measure the regions that icons enclose, and compare with the training set.

Run `python -m bench.holes.features`; it needs npm.
"""

import argparse
import io
import random
import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image

from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.holes import classify
from app.imaging.cutout.holes.features import measure_regions
from app.imaging.cutout.regions import background_like, label_regions, subject_box
from bench.cutout import artwork
from bench.cutout.artwork import IconSet
from bench.holes import lattice, table
from bench.holes.table import Array, HoleTable

# Name, version, license and style; sets of one style are held out together.
SETS = (
    IconSet("twemoji", "1.2.5", "CC-BY-4.0", "twemoji"),
    IconSet("noto", "1.2.9", "Apache-2.0", "noto"),
    IconSet("openmoji", "1.2.29", "CC-BY-SA-4.0", "openmoji"),
    IconSet("fxemoji", "1.2.2", "Apache-2.0", "fxemoji"),
    IconSet("emojione", "1.2.3", "CC-BY-4.0", "emojione"),
    IconSet("fluent-emoji-flat", "1.2.6", "MIT", "fluent"),
    IconSet("fluent-emoji", "1.2.7", "MIT", "fluent"),
    IconSet("streamline-emojis", "1.2.4", "CC-BY-4.0", "streamline"),
    IconSet("noto-v1", "1.2.5", "Apache-2.0", "noto"),
    IconSet("emojione-v1", "1.2.3", "CC-BY-SA-4.0", "emojione"),
    IconSet("streamline-ultimate-color", "1.2.2", "CC-BY-4.0", "streamline"),
    IconSet("flat-color-icons", "1.2.3", "MIT", "flat"),
    IconSet("fluent-color", "1.2.21", "MIT", "fluent"),
)
LATTICE = "lattice"  # the images of lattice.py

SIDE = 512  # px: the size at which the cutout classifies regions
MAX_ICONS = 1600  # of a set
_VARIANTS = re.compile(r"skin-tone|medium-|-dark|-light|flag")  # one in ten is kept
_WHITE = 243
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{0}" height="{1}" viewBox="{2} {3} {4} {5}">{6}</svg>'
)


def load_images(source: str, every: int) -> Iterator[tuple[str, Array]]:
    """Yield names and (SIDE, SIDE, 4) uint8 BGRA pixels, in the order of the table."""
    if source == LATTICE:
        yield from sorted(lattice.render_images(SIDE), key=lambda pair: f"{pair[0]}.")[::every]
        return
    icons = next(each for each in SETS if each.name == source)
    document = artwork.read_icons(icons)
    for name in sorted(choose(document["icons"]), key=lambda name: f"{name}.")[::every]:
        pixels = render(source, document, name)
        if pixels is not None and is_usable(pixels):
            yield name, pixels


def choose(icons: dict[str, Any]) -> Iterator[str]:
    """Yield a fixed random selection, without hidden icons and most skin tones."""
    names = [name for name, icon in icons.items() if not icon.get("hidden")]
    random.Random(1).shuffle(names)
    for name in names[:MAX_ICONS]:
        if not _VARIANTS.search(name) or random.Random(name).random() <= 0.1:
            yield name


def render(source: str, document: dict[str, Any], name: str) -> Array | None:
    """Render an icon with a margin of 6 to 12 percent; None if the renderer fails."""
    import resvg_py

    get = {"left": 0, "top": 0, "width": 16, "height": 16} | document | document["icons"][name]
    margin = 0.06 + 0.06 * random.Random(f"{source}:{name}").random()
    scale = SIDE * (1 - 2 * margin) / max(get["width"], get["height"])
    width, height = (max(1, round(get[side] * scale)) for side in ("width", "height"))
    box = (get[key] for key in ("left", "top", "width", "height", "body"))
    svg = _SVG.format(width, height, *box)
    try:
        png = resvg_py.svg_to_bytes(svg, width=width, height=height, skip_system_fonts=True)
    except ValueError:
        return None
    icon = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))
    canvas = np.zeros((SIDE, SIDE, 4), np.uint8)
    top, left = (SIDE - icon.shape[0]) // 2, (SIDE - icon.shape[1]) // 2
    canvas[top : top + icon.shape[0], left : left + icon.shape[1]] = icon
    return canvas[..., [2, 1, 0, 3]]


def on_white(pixels: Array) -> tuple[Array, Array]:
    """Composite BGRA over white: (h, w, 3) float32 levels, and (h, w) alpha 0..1."""
    levels = pixels.astype(np.float32)
    alpha = levels[..., 3:] / 255
    return levels[..., :3] * alpha + 255 * (1 - alpha), alpha[..., 0]


def is_usable(pixels: Array) -> bool:
    """Return whether the truth is certain and there is an enclosed region.

    It is not for transparent artwork, and for white parts that touch the white background.
    """
    levels, alpha = on_white(pixels)
    solid, visible = alpha > 0.98, alpha > 0.03
    if solid.mean() < 0.01:
        return False
    partial = (visible & (alpha < 0.97)).astype(np.uint8)
    if cv2.erode(partial, np.ones((3, 3), np.uint8)).sum() >= 0.02 * visible.sum():
        return False
    white = (levels.min(axis=-1) >= _WHITE).astype(np.uint8)
    padded = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(padded, connectivity=4)
    outside = labels[0, 0]
    if (solid & (labels[1:-1, 1:-1] == outside)).sum() >= 0.01 * solid.sum():
        return False
    return any(row[4] >= 12 for place, row in enumerate(stats) if 0 < place != outside)


def measure(pixels: Array) -> tuple[Array, Array, Array] | None:
    """Measure enclosed regions as the cutout does.

    Returns:
        Features, whether a region is subject, and areas in px; None without any region.
    """
    levels, alpha = on_white(pixels)
    image = np.rint(levels).astype(np.uint8)
    background = estimate_background(image)
    distance = color_distance(image, background.color)
    top, bottom, left, right = subject_box(distance, background)
    box = np.s_[top:bottom, left:right]
    image, distance, alpha = (np.ascontiguousarray(each[box]) for each in (image, distance, alpha))
    regions = label_regions(background_like(distance, background))
    areas = regions.stats[:, cv2.CC_STAT_AREA]
    large = [i for i in regions.enclosed if areas[i] >= classify._MIN_AREA]
    matching = [i for i in large if classify._has_color(image, regions, i, background, 0.0)]
    matching = matching[: classify._MAX_CLASSIFIED]
    if not matching:
        return None
    opaque = np.bincount(regions.labels.ravel(), (alpha > 0.5).ravel(), len(areas))[matching]
    size = areas[matching]
    return measure_regions(image, regions, matching), opaque > 0.5 * size, size


def compare(source: str, every: int, known: HoleTable) -> str:
    """Measure a set again and describe the differences from the table."""
    images = regions = labels = missing = 0
    difference = 0.0
    for name, pixels in load_images(source, every):
        found, rows = measure(pixels), known.rows_of(source, name)
        if len(rows) != (0 if found is None else len(found[1])):
            missing += 1
        elif found is not None:
            images, regions = images + 1, regions + len(rows)
            labels += int((found[1] != known.subject[rows]).sum())
            apart = float(np.abs(found[0] - known.features[rows]).max())
            difference = max(difference, apart)
    return (
        f"{source:<26}{images:>5} images {regions:>6} areas: largest difference {difference:.6f}, "
        f"{labels} other labels, {missing} images with other areas"
    )


def main() -> None:
    """Compare the sets that the command line selects."""
    names = [*(icons.name for icons in SETS), LATTICE]
    parser = argparse.ArgumentParser(prog="python -m bench.holes.features", description=__doc__)
    parser.add_argument("--sets", default=",".join(names), help="any of %(default)s")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th icon")
    options = parser.parse_args()
    known = table.load()
    for source in options.sets.split(","):
        print(compare(source, options.every, known), flush=True)


if __name__ == "__main__":
    main()
