"""Contact sheets that show pairs of images side by side."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_SIDE = 128  # of one image, in pixels
_GAP = 8
_CAPTION = 14
_COLUMNS = 5
_CHECK = 16
_LIGHT, _DARK = (255, 255, 255), (214, 214, 214)
_SHEET, _INK = (250, 250, 250), (40, 40, 40)


def contact_sheet(pairs: Sequence[tuple[bytes, bytes, str]]) -> bytes:
    """Compose pairs of images on a checkerboard, with captions.

    Args:
        pairs: old (left) and new (right), as files that Pillow can read, and the caption: a line
            of printable ASCII, cut off if it is too long for its pair.

    Returns:
        A PNG with images of 128 px and five pairs per line.

    Raises:
        OSError: one of the files is not an image.
    """
    width, height = 2 * _SIDE + 2 * _GAP, _SIDE + _CAPTION + 2 * _GAP
    lines = -(-len(pairs) // _COLUMNS)
    columns = min(_COLUMNS, max(1, len(pairs)))
    sheet = Image.new("RGB", (columns * width + _GAP, max(1, lines) * height + _GAP), _SHEET)
    pen, font, board = ImageDraw.Draw(sheet), ImageFont.load_default(11), _checkerboard()
    for number, (old, new, caption) in enumerate(pairs):
        left = _GAP + number % _COLUMNS * width
        top = _GAP + number // _COLUMNS * height
        for x, data in ((left, old), (left + _SIDE + _GAP // 2, new)):
            sheet.paste(board, (x, top))
            image = _load_resized(data)
            sheet.paste(image, (x, top), image)
        pen.text((left, top + _SIDE + 2), caption[:42], fill=_INK, font=font)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _load_resized(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def _checkerboard() -> Image.Image:
    board = Image.new("RGB", (_SIDE, _SIDE), _LIGHT)
    pen = ImageDraw.Draw(board)
    for top in range(0, _SIDE, _CHECK):
        for left in range((top // _CHECK) % 2 * _CHECK, _SIDE, 2 * _CHECK):
            pen.rectangle((left, top, left + _CHECK - 1, top + _CHECK - 1), fill=_DARK)
    return board
