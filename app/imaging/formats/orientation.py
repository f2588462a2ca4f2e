"""Turn images upright, by the orientation in Exif metadata (CIPA DC-008, section 4.6).

Nothing else is read, so that damaged or foreign tags do no harm. The orientation in an XMP packet
is ignored in all formats, as browsers do.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_ORIENTATION = 0x0112
_SIZES = {1: "B", 3: "H", 4: "I"}  # by TIFF type: BYTE, SHORT, LONG
_PREFIX = b"Exif\0"


def read_orientation(exif: bytes) -> int:
    """Return the orientation, 1..8; 1 if it is missing or damaged.

    Args:
        exif: a TIFF header and its directories, with or without the prefix `Exif`.
    """
    start = exif.find(_PREFIX, 0, 16)
    tiff = exif if start < 0 else exif[start + len(_PREFIX) + 1 :]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(tiff[:4]))
    try:
        return 1 if order is None else _find_orientation(tiff, order)
    except struct.error:  # it ends within the directory
        return 1


def upright(pixels: Array, orientation: int) -> Array:
    """Turn pixels as an Exif orientation of 1..8 demands."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _find_orientation(tiff: bytes, order: str) -> int:
    (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    for entry in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", tiff, entry)
        if tag == _ORIENTATION and kind in _SIZES:
            (value,) = struct.unpack_from(order + _SIZES[kind], tiff, entry + 8)
            return value if 1 <= value <= 8 else 1
    return 1
