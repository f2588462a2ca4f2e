"""Artwork of open icon sets, with its own alpha."""

import io
import random
import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.cutout import artwork
from bench.cutout.artwork import IconSet
from bench.holes.table import Array

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
    IconSet("icon-park", "1.2.4", "Apache-2.0", "icon-park"),
    IconSet("streamline-freehand-color", "1.2.2", "CC-BY-4.0", "streamline"),
)
SIDE = 1024  # px
MAX_ICONS = 2600  # of a set
_VARIANTS = re.compile(r"skin-tone|medium-|-dark|-light|flag")  # one in ten is kept
_WHITE = 243


def load_icons(source: str) -> Iterator[tuple[str, Array]]:
    """Yield names and (SIDE, SIDE, 4) uint8 BGRA pixels of a set's usable icons."""
    icons = next(each for each in SETS if each.name == source)
    document = artwork.read_icons(icons)
    for name in choose(document["icons"]):
        draft = render(source, document, name, SIDE // 4)
        if draft is None or not is_usable(draft):
            continue
        pixels = render(source, document, name, SIDE)
        if pixels is not None:
            yield name, pixels


def choose(icons: dict[str, Any]) -> Iterator[str]:
    """Yield a fixed random selection, without hidden icons and most skin tones."""
    names = [name for name, icon in icons.items() if not icon.get("hidden")]
    random.Random(1).shuffle(names)
    for name in names[:MAX_ICONS]:
        if not _VARIANTS.search(name) or random.Random(name).random() <= 0.1:
            yield name


def render(source: str, document: dict[str, Any], name: str, side: int) -> Array | None:
    """Render an icon with a margin of 6 to 12 percent; None if the renderer fails."""
    margin = 0.06 + 0.06 * random.Random(f"{source}:{name}").random()
    try:
        png = artwork.render_svg(document, name, side * (1 - 2 * margin))
    except ValueError:
        return None
    icon = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    canvas = np.zeros((side, side, 4), np.uint8)
    top, left = (side - icon.shape[0]) // 2, (side - icon.shape[1]) // 2
    canvas[top : top + icon.shape[0], left : left + icon.shape[1]] = icon
    return canvas[..., [2, 1, 0, 3]]


def is_usable(pixels: Array) -> bool:
    """Return whether the truth is certain and there is an enclosed region.

    It is not for transparent artwork, and for white parts that touch the white background.
    """
    alpha = pixels[..., 3].astype(np.float32) / 255
    levels = pixels[..., :3] * alpha[..., None] + 255 * (1 - alpha[..., None])
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
    return any(row[4] >= 3 for place, row in enumerate(stats) if 0 < place != outside)
