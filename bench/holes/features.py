"""Make the feature table again: draw icons on white, measure what they enclose, compare."""

import argparse
import io
import random
import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image

from app.imaging.cutout import holes
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.hole_features import measure_regions
from app.imaging.cutout.regions import background_like, label_regions, subject_box
from bench.cutout import artwork
from bench.cutout.artwork import IconSet
from bench.holes import lattice, table
from bench.holes.table import Array, Table

# Name, version and license of what npm fetches; sets of one style are held out together.
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
LATTICE = "lattice"  # the drawings of lattice.py

SIDE = 512  # px: the size that the cutout judges areas at
MOST = 1600  # icons looked at of one set
_VARIANTS = re.compile(r"skin-tone|medium-|-dark|-light|flag")  # one in ten is kept
_WHITE = 243
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{0}" height="{1}" viewBox="{2} {3} {4} {5}">{6}</svg>'
)


def drawings(source: str, every: int) -> Iterator[tuple[str, Array]]:
    """Give names and (SIDE, SIDE, 4) uint8 BGRA pixels, in the order of the table."""
    if source == LATTICE:
        yield from sorted(lattice.drawings(SIDE), key=lambda pair: f"{pair[0]}.")[::every]
        return
    icons = next(each for each in SETS if each.name == source)
    document = artwork._document(icons)
    for name in sorted(chosen(document["icons"]), key=lambda name: f"{name}.")[::every]:
        pixels = rendered(source, document, name)
        if pixels is not None and is_clear(pixels):
            yield name, pixels


def chosen(icons: dict[str, Any]) -> Iterator[str]:
    """Draw names by lot, always the same; most variants of skin and all hidden icons are left."""
    names = [name for name, icon in icons.items() if not icon.get("hidden")]
    random.Random(1).shuffle(names)
    for name in names[:MOST]:
        if not _VARIANTS.search(name) or random.Random(name).random() <= 0.1:
            yield name


def rendered(source: str, document: dict[str, Any], name: str) -> Array | None:
    """Draw an icon with a margin of 6 to 12 percent; None if the renderer can't."""
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
    drawn = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))
    canvas = np.zeros((SIDE, SIDE, 4), np.uint8)
    top, left = (SIDE - drawn.shape[0]) // 2, (SIDE - drawn.shape[1]) // 2
    canvas[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return canvas[..., [2, 1, 0, 3]]


def on_white(pixels: Array) -> tuple[Array, Array]:
    """Lay BGRA pixels on white paper: (h, w, 3) float32 levels, and (h, w) alpha 0..1."""
    levels = pixels.astype(np.float32)
    alpha = levels[..., 3:] / 255
    return levels[..., :3] * alpha + 255 * (1 - alpha), alpha[..., 0]


def is_clear(pixels: Array) -> bool:
    """Tell whether the truth is certain: nothing see-through, no white at the paper, an area."""
    paper, alpha = on_white(pixels)
    solid, seen = alpha > 0.98, alpha > 0.03
    if solid.mean() < 0.01:
        return False
    partly = (seen & (alpha < 0.97)).astype(np.uint8)
    if cv2.erode(partly, np.ones((3, 3), np.uint8)).sum() >= 0.02 * seen.sum():
        return False
    white = (paper.min(axis=-1) >= _WHITE).astype(np.uint8)
    framed = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(framed, connectivity=4)
    outside = labels[0, 0]
    if (solid & (labels[1:-1, 1:-1] == outside)).sum() >= 0.01 * solid.sum():
        return False
    return any(row[4] >= 12 for place, row in enumerate(stats) if 0 < place != outside)


def measured(pixels: Array) -> tuple[Array, Array, Array] | None:
    """Measure enclosed areas as the cutout does: traits, is paint, pixels; None without any."""
    paper, alpha = on_white(pixels)
    work = np.rint(paper).astype(np.uint8)
    back = estimate_background(work)
    apart = color_distance(work, back.color)
    top, bottom, left, right = subject_box(apart, back)
    box = np.s_[top:bottom, left:right]
    work, apart, alpha = (np.ascontiguousarray(plane[box]) for plane in (work, apart, alpha))
    parts = label_regions(background_like(apart, back))
    large = [i for i in parts.enclosed if parts.stats[i, cv2.CC_STAT_AREA] >= holes._MIN_AREA]
    alike = [i for i in large if holes._has_color(work, parts, i, back, 0.0)][
        : holes._MAX_CLASSIFIED
    ]
    if not alike:
        return None
    solid = np.bincount(parts.labels.ravel(), (alpha > 0.5).ravel(), len(parts.stats))[alike]
    size = parts.stats[alike, cv2.CC_STAT_AREA]
    return measure_regions(work, parts, alike), solid > 0.5 * size, size


def compare(source: str, every: int, known: Table) -> str:
    """Measure a set anew and tell how far that is from the table."""
    images = rows = labels = missing = 0
    apart = 0.0
    for name, pixels in drawings(source, every):
        found, place = measured(pixels), known.rows_of(source, name)
        if len(place) != (0 if found is None else len(found[1])):
            missing += 1
        elif found is not None:
            images, rows = images + 1, rows + len(place)
            labels += int((found[1] != known.subject[place]).sum())
            apart = max(apart, float(np.abs(found[0] - known.features[place]).max()))
    return (
        f"{source:<26}{images:>5} images {rows:>6} areas: largest difference {apart:.6f}, "
        f"{labels} other labels, {missing} images with other areas"
    )


def main() -> None:
    """Compare the sets that the command line asks for."""
    names = [*(icons.name for icons in SETS), LATTICE]
    parser = argparse.ArgumentParser(prog="python -m bench.holes.features", description=__doc__)
    parser.add_argument("--sets", default=",".join(names), help="any of %(default)s")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th icon")
    asked = parser.parse_args()
    known = table.load()
    for source in asked.sets.split(","):
        print(compare(source, asked.every, known), flush=True)


if __name__ == "__main__":
    main()
