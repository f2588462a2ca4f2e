"""An image of three colors whose cutout looks different in every position."""

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
"""Where in the cutout (row, column) each of these colors lies."""


def flag() -> Image.Image:
    """Draw three blocks of color on white; no turn or mirror image of it is the same."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 120, 255, 319), fill=RED)
    pen.rectangle((256, 120, 399, 319), fill=GREEN)
    pen.rectangle((160, 320, 399, 430), fill=BLUE)
    return image


def sixteen(values: NDArray[Any]) -> bytes:
    """Write an RGB, RGBA or grey image with 16 bits a channel."""
    order = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    code = order[2 if values.ndim == 2 else values.shape[2]]
    bgr = values if code is None else cv2.cvtColor(values, code)
    return bytes(cv2.imencode(".png", bgr.astype(np.uint16) * 257)[1])


def cut(data: bytes, **options: Any) -> NDArray[np.int64]:
    """Cut out and return the pixels of the result."""
    return pixels(imaging.cutout(data, **options).png)


def alpha_flag() -> Image.Image:
    """Draw the flag with an opacity that rises from top to bottom."""
    image = flag().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((SIDE, SIDE)))
    return image
