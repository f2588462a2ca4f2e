"""Write ICO files, as described in Microsoft's "Icons" (Win32, 1995) for 32-bit images."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.formats.png_writer import encode_png

Array = npt.NDArray[Any]

_ICON = 1
_PLANES, _BITS = 1, 32
_MAX_BITMAP_SIDE = 64  # px: larger entries are PNG, which Windows reads since Vista
_BITMAP_HEADER = struct.Struct("<IiiHHIIiiII")


def encode_ico(entries: Sequence[Array]) -> bytes:
    """Encode square images as the entries of one icon.

    Entries of up to 64 pixels are bitmaps, which all readers know; larger ones are PNG.

    Args:
        entries: (side, side, 4) uint8 RGBA, straight alpha, of up to 256 pixels, in order.
    """
    blocks = [_bitmap(one) if len(one) <= _MAX_BITMAP_SIDE else encode_png(one) for one in entries]
    offset = 6 + 16 * len(blocks)
    directory = [struct.pack("<HHH", 0, _ICON, len(blocks))]
    for entry, block in zip(entries, blocks, strict=True):
        side = len(entry) % 256  # 0 means 256
        directory.append(
            struct.pack("<BBBBHHII", side, side, 0, 0, _PLANES, _BITS, len(block), offset)
        )
        offset += len(block)
    return b"".join((*directory, *blocks))


def _bitmap(rgba: Array) -> bytes:
    """Return a bitmap with alpha and the mask of fully transparent pixels, from the bottom up.

    Readers that know no alpha use the mask.
    """
    side = len(rgba)
    pixels = np.ascontiguousarray(rgba[::-1, :, [2, 1, 0, 3]]).tobytes()
    line = np.zeros((side, -(-side // 32) * 32), np.uint8)  # lines are padded to 32 bits
    line[:, :side] = rgba[::-1, :, 3] == 0
    mask = np.packbits(line, axis=1).tobytes()
    header = _BITMAP_HEADER.pack(
        _BITMAP_HEADER.size, side, 2 * side, _PLANES, _BITS, 0, len(pixels) + len(mask), 0, 0, 0, 0
    )
    return header + pixels + mask
