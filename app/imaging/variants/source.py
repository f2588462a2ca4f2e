"""The square that a variant starts from: the stored image, or the original cut again."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import large_cutout, pipeline
from app.imaging.errors import NotAnImage
from app.imaging.formats.header import sniff
from app.imaging.variants.premultiply import resized
from app.imaging.variants.variant import SIDE, Variant

Array = npt.NDArray[Any]


def square(image: bytes, original: Callable[[], bytes], variant: Variant) -> Array:
    """The subject at the variant's side: (side, side, 4) uint8 RGBA, straight alpha.

    Up to the plain image's size this is the plain image made smaller. Beyond the original's own
    size nothing more can be seen, so the cutout is enlarged.
    """
    side = variant.side
    if not variant.needs_original:
        return resized(_stored(image), side, side)
    data = original()
    header = sniff(data)
    size = min(max(side, SIDE), max(header.width, header.height, SIDE))
    if size == SIDE:
        cut, _ = pipeline.separate(data, size=SIDE, holes=variant.holes)
    else:
        cut = large_cutout.separate(data, size=size, holes=variant.holes)
    return resized(cut, side, side)


def _stored(image: bytes) -> Array:
    sniff(image)
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or pixels.shape[2:] != (4,):
        raise NotAnImage("the stored image is not as it was written")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA))
