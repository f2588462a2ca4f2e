"""A contact sheet: what the numbers look like."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.cutout.artwork import Artwork
from bench.cutout.degrade import Sample, images
from bench.cutout.methods import METHODS, Cut
from bench.cutout.metrics import MAGENTA, over
from bench.cutout.truth import OUT, placed

_GAP = 8
_HEAD = 28  # height of the line of labels
_SIDE = 116  # width of the column of names
_INK, _SHEET = "#24292f", "#f6f8fa"
_LINE = 15  # characters that fit beside a row
_WIDE = 5  # columns of a row that is an image of its own


def examples(drawings: Sequence[Artwork], kinds: Sequence[str], rows: int) -> list[Sample]:
    """Take the drawing with the longest outline of each stretch, each in the next of the kinds."""
    step = len(drawings) // rows
    taken = [max(drawings[step * row :][:step], key=_outline) for row in range(rows)]
    return [next(images(each, [kinds[row % len(kinds)]])) for row, each in enumerate(taken)]


def _outline(drawing: Artwork) -> int:
    alpha = drawing.pixels[..., 3]
    return int(((alpha > 0) & (alpha < 255)).sum())


def draw(shown: Sequence[Sample], cuts: Mapping[str, Cut], path: Path) -> None:
    """Write the sheet: a row for each image, a column for each way to look at it."""
    heads = titles(cuts)
    size = _SIDE + len(heads) * (OUT + _GAP), _HEAD + len(shown) * (OUT + _GAP)
    sheet = Image.new("RGB", size, _SHEET)
    pen = ImageDraw.Draw(sheet)
    for column, head in enumerate(heads):
        _label(pen, head, _SIDE + column * (OUT + _GAP), 0)
    for row, image in enumerate(shown):
        top = _HEAD + row * (OUT + _GAP)
        name = "\n".join((image.kind, "", image.source, *_wrapped(image.name)))
        pen.multiline_text((_GAP, top + _GAP), name, _INK, ImageFont.load_default(13))
        for column, tile in enumerate(tiles(image, cuts)):
            sheet.paste(tile, (_SIDE + column * (OUT + _GAP), top))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def draw_row(image: Sample, cuts: Mapping[str, Cut], path: Path) -> None:
    """Write one row of the sheet as an image of its own, in lines of five columns.

    The true cutout stands in the first line, after ours.
    """
    heads, shown = titles(cuts), tiles(image, cuts)
    heads.insert(_WIDE - 1, "true cutout")
    shown.insert(_WIDE - 1, _true(image))
    down = -(-len(shown) // _WIDE)
    high = _HEAD + OUT
    row = Image.new("RGB", (_WIDE * (OUT + _GAP) - _GAP, down * high), _SHEET)
    pen = ImageDraw.Draw(row)
    for number, (head, tile) in enumerate(zip(heads, shown, strict=True)):
        left, top = number % _WIDE * (OUT + _GAP), number // _WIDE * high
        _label(pen, head, left, top)
        row.paste(tile, (left, top + _HEAD))
    row.save(path, optimize=True)


def _label(pen: ImageDraw.ImageDraw, text: str, left: int, top: int) -> None:
    middle = left + OUT // 2, top + _HEAD // 2
    pen.text(middle, text, _INK, ImageFont.load_default(15), anchor="mm")


def titles(cuts: Mapping[str, Cut]) -> list[str]:
    """Name the columns: the original, three views of our cutout, one of each other."""
    ours = ["ours: checkerboard", "black", "magenta"] if "ours" in cuts else []
    return ["original", *ours, *(METHODS[name].label for name in cuts if name != "ours")]


def tiles(image: Sample, cuts: Mapping[str, Cut]) -> list[Image.Image]:
    """Draw one image in every column."""
    drawn = [_original(image.data)]
    magenta = Image.new("RGBA", (OUT, OUT), "#ff00ff")
    if "ours" in cuts:
        cutout = cuts["ours"](image.data)
        black = Image.new("RGBA", (OUT, OUT), "black")
        drawn += [_over(cutout, backdrop) for backdrop in (_checkerboard(), black, magenta)]
    peers = (cut for name, cut in cuts.items() if name != "ours")
    return drawn + [_over(cut(image.data), magenta) for cut in peers]


def _original(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    left, top, width, height = placed(*image.size)
    tile = Image.new("RGB", (OUT, OUT), _SHEET)
    tile.paste(image.resize((width, height), Image.Resampling.LANCZOS), (left, top))
    return tile


def _true(image: Sample) -> Image.Image:
    seen = over(image.truth.references[0], MAGENTA)
    return Image.fromarray(np.rint(seen).clip(0, 255).astype(np.uint8))


def _over(png: bytes, backdrop: Image.Image) -> Image.Image:
    cutout = Image.open(io.BytesIO(png)).convert("RGBA")
    return Image.alpha_composite(backdrop, cutout).convert("RGB")


def _checkerboard() -> Image.Image:
    down, across = np.indices((OUT, OUT)) // 16
    squares = np.where((down + across) % 2, 255, 204).astype(np.uint8)
    return Image.fromarray(squares).convert("RGBA")


def _wrapped(name: str) -> list[str]:
    """Break a name at its hyphens."""
    lines = [""]
    for word in name.split("-"):
        if lines[-1] and len(lines[-1]) + len(word) > _LINE:
            lines.append("")
        lines[-1] += f"{word}-"
    lines[-1] = lines[-1].removesuffix("-")
    return lines
