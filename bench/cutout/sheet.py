"""A contact sheet: what the numbers look like."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.cutout.artwork import Artwork
from bench.cutout.degrade import Picture, pictures
from bench.cutout.methods import METHODS, Cut
from bench.cutout.truth import OUT, placed

_GAP = 8
_HEAD = 28  # height of the line of labels
_SIDE = 116  # width of the column of names
_INK, _SHEET = "#24292f", "#f6f8fa"
_LINE = 15  # characters that fit beside a row


def examples(drawings: Sequence[Artwork], kinds: Sequence[str], rows: int) -> list[Picture]:
    """Take the drawing with the longest outline of each stretch, each in the next of the kinds."""
    step = len(drawings) // rows
    taken = [max(drawings[step * row :][:step], key=_outline) for row in range(rows)]
    return [next(pictures(each, [kinds[row % len(kinds)]])) for row, each in enumerate(taken)]


def _outline(drawing: Artwork) -> int:
    alpha = drawing.pixels[..., 3]
    return int(((alpha > 0) & (alpha < 255)).sum())


def draw(shown: Sequence[Picture], cuts: Mapping[str, Cut], path: Path) -> None:
    """Write the sheet: a row for each picture, a column for each way to look at it."""
    peers = {name: cut for name, cut in cuts.items() if name != "ours"}
    heads = ["original"]
    if "ours" in cuts:
        heads += ["ours: checkerboard", "black", "magenta"]
    heads += [METHODS[name].label for name in peers]
    size = _SIDE + len(heads) * (OUT + _GAP), _HEAD + len(shown) * (OUT + _GAP)
    sheet = Image.new("RGB", size, _SHEET)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for column, head in enumerate(heads):
        middle = _SIDE + column * (OUT + _GAP) + OUT // 2
        pen.text((middle, _HEAD // 2), head, _INK, font, anchor="mm")
    for row, picture in enumerate(shown):
        top = _HEAD + row * (OUT + _GAP)
        name = "\n".join((picture.kind, "", picture.source, *_wrapped(picture.name)))
        pen.multiline_text((_GAP, top + _GAP), name, _INK, ImageFont.load_default(13))
        for column, tile in enumerate(_tiles(picture, cuts.get("ours"), peers)):
            sheet.paste(tile, (_SIDE + column * (OUT + _GAP), top))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def _tiles(picture: Picture, ours: Cut | None, peers: Mapping[str, Cut]) -> list[Image.Image]:
    tiles = [_original(picture.data)]
    magenta = Image.new("RGBA", (OUT, OUT), "#ff00ff")
    if ours:
        cutout = ours(picture.data)
        black = Image.new("RGBA", (OUT, OUT), "black")
        tiles += [_over(cutout, backdrop) for backdrop in (_checkerboard(), black, magenta)]
    return tiles + [_over(cut(picture.data), magenta) for cut in peers.values()]


def _original(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    left, top, width, height = placed(*picture.size)
    tile = Image.new("RGB", (OUT, OUT), _SHEET)
    tile.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, top))
    return tile


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
