"""Put several images onto one sheet, with the place of each."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.exports.archive import zip_files
from app.imaging.exports.export import SheetLayout
from app.imaging.formats.png_writer import encode_png
from app.imaging.variants.layers import composite
from app.imaging.variants.premultiply import resize
from app.imaging.variants.render import decode_stored
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]

_IMAGE = "sheet.png"


def make_sheet(images: Mapping[str, bytes], layout: SheetLayout) -> bytes:
    """Put stored images onto one sheet; return a ZIP file with it and the place of each.

    Args:
        images: the cutouts as they are stored, 256x256 RGBA PNG, by file name; at least one.
        layout: size, columns, gap and background.

    Raises:
        NotAnImage: the bytes of one are not a complete image.
    """
    columns = min(len(images), layout.columns or math.ceil(math.sqrt(len(images))))
    rows = math.ceil(len(images) / columns)
    step = layout.side + layout.gap
    sheet = np.zeros((rows * step - layout.gap, columns * step - layout.gap, 4), np.uint8)
    frames = {}
    for number, (name, data) in enumerate(images.items()):
        row, column = divmod(number, columns)
        x, y = column * step, row * step
        tile = resize(decode_stored(data), layout.side, layout.side)
        sheet[y : y + layout.side, x : x + layout.side] = tile
        frames[name] = {"x": x, "y": y, "w": layout.side, "h": layout.side}
    drawn = composite(sheet, Variant(background=layout.background))
    files = {
        _IMAGE: encode_png(drawn, level=6),
        "sheet.json": json.dumps(_document(drawn, frames), indent=1).encode(),
        "sheet.css": _styles(frames, layout.side).encode(),
    }
    return zip_files(files)


def _document(sheet: Array, frames: dict[str, dict[str, int]]) -> dict[str, object]:
    height, width = sheet.shape[:2]
    return {"image": _IMAGE, "width": width, "height": height, "frames": frames}


def _styles(frames: dict[str, dict[str, int]], side: int) -> str:
    lines = [f".sprite {{ background-image: url({_IMAGE}); width: {side}px; height: {side}px; }}"]
    lines += [
        f".sprite-{name.removesuffix('.png')} {{ background-position: -{at['x']}px -{at['y']}px; }}"
        for name, at in frames.items()
    ]
    return "\n".join(lines) + "\n"
