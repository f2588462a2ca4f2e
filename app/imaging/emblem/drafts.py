"""An emblem as it might look while it is being drawn: out of focus at first, then sharper."""

import io
from collections.abc import Iterator

from PIL import Image, ImageFilter

_SIDE = 512  # px, of the longer side: enough for a preview
_SOFTEST = 24.0  # px, the radius of the blur that is halved from draft to draft


def drafts(picture: bytes, count: int) -> Iterator[bytes]:
    """Yield `count` RGB PNGs of the picture, each sharper than the one before."""
    if not count:
        return
    with Image.open(io.BytesIO(picture)) as opened:
        small = opened.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    for index in range(count):
        out = io.BytesIO()
        small.filter(ImageFilter.GaussianBlur(_SOFTEST / 2**index)).save(
            out, "PNG", compress_level=1
        )
        yield out.getvalue()
