"""An image of three colors that looks different in every orientation."""

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from tests.support.images.sample_images import pixels

SIDE = 512
RED, GREEN, BLUE = (200, 60, 60), (60, 160, 90), (70, 80, 190)
PLACES = {RED: (100, 70), GREEN: (100, 180), BLUE: (190, 128)}
"""A place (row, column) of each color in the cutout."""


def flag() -> Image.Image:
    """Return three blocks of color on white, without any symmetry."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 120, 255, 319), fill=RED)
    pen.rectangle((256, 120, 399, 319), fill=GREEN)
    pen.rectangle((160, 320, 399, 430), fill=BLUE)
    return image


def encode_16_bits(values: NDArray[Any]) -> bytes:
    """Encode an RGB, RGBA or gray image as a PNG with 16 bits per channel."""
    order = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    code = order[2 if values.ndim == 2 else values.shape[2]]
    bgr = values if code is None else cv2.cvtColor(values, code)
    return bytes(cv2.imencode(".png", bgr.astype(np.uint16) * 257)[1])


def encode_interlaced(values: NDArray[Any]) -> bytes:
    """Encode an RGB image as a PNG in the seven passes of Adam7."""
    raw = b""
    for x, y, step_x, step_y in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):  # fmt: skip
        raw += b"".join(b"\0" + line.tobytes() for line in values[y::step_y, x::step_x])
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def cut(data: bytes, **options: Any) -> NDArray[np.int64]:
    """Return the pixels of the cutout."""
    return pixels(imaging.cutout(data, **options).png)


def alpha_flag() -> Image.Image:
    """Return the flag with an alpha that rises from top to bottom."""
    image = flag().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((SIDE, SIDE)))
    return image


RGB = np.asarray(flag())
