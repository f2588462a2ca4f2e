"""Count drawings in which a dark ground shadow is found: `python -m bench.cutout.ground_shadows`.

Nearly no icon has one, so this shows how often a part of the subject is mistaken for a shadow. The
names are printed to be looked at.
"""

import argparse
from collections.abc import Iterator

import cv2
import numpy as np

from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.shadows import find_dark_shadow
from bench.cutout import artwork
from bench.holes.icons import SETS, choose, render
from bench.holes.table import Array

_SIDE = 512  # px, as the cutout works
_SLOW = ("fluent-emoji", "fluent-color")  # sets that take the renderer minutes


def has_dark_shadow(drawing: Array) -> bool:
    """Return whether a dark shadow is found under a drawing, (h, w, 4) uint8 BGRA, on white."""
    alpha = drawing[..., 3:].astype(np.float32) / 255
    image = (drawing[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    image = np.asarray(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
    background = estimate_background(image)
    distance = color_distance(image, background.color)
    return find_dark_shadow(image, distance, background) is not None


def load_drawings(source: str, limit: int) -> Iterator[tuple[str, Array]]:
    """Yield names and pixels of a fixed selection of a set's drawings."""
    document = artwork.read_icons(next(each for each in SETS if each.name == source))
    for name in list(choose(document["icons"]))[:limit]:
        drawing = render(source, document, name, _SIDE)
        if drawing is not None:
            yield name, drawing


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.cutout.ground_shadows", description=__doc__
    )
    parser.add_argument("--icons", type=int, default=450, help="at most, of a set")
    parser.add_argument("--sets", default="", help="names, separated by commas")
    options = parser.parse_args()
    chosen = options.sets.split(",") if options.sets else [each.name for each in SETS]
    for source in chosen:
        if not options.sets and source in _SLOW:
            continue
        drawings = list(load_drawings(source, options.icons))
        found = [name for name, drawing in drawings if has_dark_shadow(drawing)]
        print(f"{source:28}{len(drawings):6}{len(found):6}  {' '.join(found)}", flush=True)


if __name__ == "__main__":
    main()
