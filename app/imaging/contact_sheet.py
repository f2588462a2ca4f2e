"""Images side by side on one sheet, to look at."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_SIDE = 128  # of one image, in pixels
_GAP = 8
_TEXT = 14
_COLUMNS = 5
_CHECK = 16
_LIGHT, _DARK = (255, 255, 255), (214, 214, 214)
_PAPER, _INK = (250, 250, 250), (40, 40, 40)


def contact_sheet(pairs: Sequence[tuple[bytes, bytes, str]]) -> bytes:
    """Draw pairs of images on a checkerboard, the old one left of the new, with a line below.

    Args:
        pairs: old and new, as files that Pillow can read, and what to write below (one line of
            printable ASCII; what is too long for its pair is cut).

    Returns:
        A PNG: 128 px an image, five pairs a line.

    Raises:
        OSError: one of the files is no image.
    """
    width, height = 2 * _SIDE + 2 * _GAP, _SIDE + _TEXT + 2 * _GAP
    lines = -(-len(pairs) // _COLUMNS)
    columns = min(_COLUMNS, max(1, len(pairs)))
    sheet = Image.new("RGB", (columns * width + _GAP, max(1, lines) * height + _GAP), _PAPER)
    pen, font, board = ImageDraw.Draw(sheet), ImageFont.load_default(11), _checkerboard()
    for number, (old, new, text) in enumerate(pairs):
        left = _GAP + number % _COLUMNS * width
        top = _GAP + number // _COLUMNS * height
        for place, data in ((left, old), (left + _SIDE + _GAP // 2, new)):
            sheet.paste(board, (place, top))
            image = _fitted(data)
            sheet.paste(image, (place, top), image)
        pen.text((left, top + _SIDE + 2), text[:42], fill=_INK, font=font)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _fitted(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def _checkerboard() -> Image.Image:
    board = Image.new("RGB", (_SIDE, _SIDE), _LIGHT)
    pen = ImageDraw.Draw(board)
    for top in range(0, _SIDE, _CHECK):
        for left in range((top // _CHECK) % 2 * _CHECK, _SIDE, 2 * _CHECK):
            pen.rectangle((left, top, left + _CHECK - 1, top + _CHECK - 1), fill=_DARK)
    return board
