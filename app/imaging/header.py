"""Looks at a picture's header, so that nothing dangerous is ever decoded."""

import warnings
from io import BytesIO
from typing import Literal, cast

from PIL import Image

from app.imaging import MAX_PIXELS, PictureInfo, UnusablePicture

_FORMATS = ("PNG", "WEBP", "JPEG")


def inspect(data: bytes) -> PictureInfo:
    """Read format and size; see `app.imaging.inspect`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # checked below
            with Image.open(BytesIO(data), formats=_FORMATS) as picture:
                name, (width, height) = str(picture.format), picture.size
    except Image.DecompressionBombError:
        raise UnusablePicture("the header announces a decompression bomb") from None
    except Exception as error:  # noqa: BLE001 - reason: parsers of hostile bytes raise anything
        raise UnusablePicture(f"not a PNG, WEBP or JPEG ({type(error).__name__})") from None
    if width * height > MAX_PIXELS:
        raise UnusablePicture(f"{width}x{height} is more than {MAX_PIXELS} pixels")
    return PictureInfo(cast(Literal["png", "webp", "jpeg"], name.lower()), width, height)
