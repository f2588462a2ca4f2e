"""Draw contact sheets of the methods; the one of docs/cutout.md: `python -m bench.cutout.sheet`."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.cutout import artwork, run
from bench.cutout.artwork import Artwork
from bench.cutout.degrade import Sample, make_samples
from bench.cutout.methods import METHODS, Cut
from bench.cutout.metrics import MAGENTA, measure, over
from bench.cutout.truth import OUT, fit_window

_GAP = 8
_HEAD = 28  # height of the line of labels
_SIDE = 116  # width of the column of names
_INK, _SHEET = "#24292f", "#f6f8fa"
_MAX_LINE = 15  # characters that fit beside a row
_ROW_COLUMNS = 5  # of a row that is an image of its own

# The row in docs/cutout.md: an icon of MIT license that the model of holes was not trained on.
_ROW_ICON = "fluent-emoji-flat", "cooking"
_ROW_KIND = "soft"
_ROW_FILE = Path(__file__).parents[2] / "docs" / "cutout-row.png"


def main() -> None:
    """Draw the row in docs/cutout.md, and print each method's scores."""
    (sample,) = make_samples(artwork.load_artwork(*_ROW_ICON), (_ROW_KIND,))
    cuts, missing = run.load(METHODS)
    for name, cut in cuts.items():
        scores = measure(cut(sample.data), sample.truth)
        listed = "  ".join(f"{key} {value or 0:.1f}" for key, value in scores.items())
        print(f"{METHODS[name].label:<22}{listed}")
    for name, reason in missing.items():
        print(f"{METHODS[name].label:<22}left out: {reason}")
    draw_row(sample, cuts, _ROW_FILE)
    print(f"{_ROW_FILE.name} written, {_ROW_FILE.stat().st_size / 1000:.0f} kB")


def examples(artworks: Sequence[Artwork], kinds: Sequence[str], rows: int) -> list[Sample]:
    """Take the artwork with the longest outline of each section, each in the next kind."""
    step = len(artworks) // rows
    taken = [max(artworks[step * row :][:step], key=_outline_length) for row in range(rows)]
    return [next(make_samples(each, [kinds[row % len(kinds)]])) for row, each in enumerate(taken)]


def _outline_length(artwork: Artwork) -> int:
    alpha = artwork.pixels[..., 3]
    return int(((alpha > 0) & (alpha < 255)).sum())


def draw(samples: Sequence[Sample], cuts: Mapping[str, Cut], path: Path) -> None:
    """Write a sheet with a row for each sample and a column for each view."""
    heads = titles(cuts)
    size = _SIDE + len(heads) * (OUT + _GAP), _HEAD + len(samples) * (OUT + _GAP)
    sheet = Image.new("RGB", size, _SHEET)
    pen = ImageDraw.Draw(sheet)
    for column, head in enumerate(heads):
        _label(pen, head, _SIDE + column * (OUT + _GAP), 0)
    for row, sample in enumerate(samples):
        top = _HEAD + row * (OUT + _GAP)
        name = "\n".join((sample.kind, "", sample.source, *_wrap(sample.name)))
        pen.multiline_text((_GAP, top + _GAP), name, _INK, ImageFont.load_default(13))
        for column, tile in enumerate(tiles(sample, cuts)):
            sheet.paste(tile, (_SIDE + column * (OUT + _GAP), top))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def draw_row(sample: Sample, cuts: Mapping[str, Cut], path: Path) -> None:
    """Write one row of the sheet as an image of its own, in lines of five columns.

    The true cutout is in the first line, after ours.
    """
    heads, images = titles(cuts), tiles(sample, cuts)
    heads.insert(_ROW_COLUMNS - 1, "true cutout")
    images.insert(_ROW_COLUMNS - 1, _true_cutout(sample))
    lines = -(-len(images) // _ROW_COLUMNS)
    height = _HEAD + OUT
    row = Image.new("RGB", (_ROW_COLUMNS * (OUT + _GAP) - _GAP, lines * height), _SHEET)
    pen = ImageDraw.Draw(row)
    for number, (head, tile) in enumerate(zip(heads, images, strict=True)):
        left, top = number % _ROW_COLUMNS * (OUT + _GAP), number // _ROW_COLUMNS * height
        _label(pen, head, left, top)
        row.paste(tile, (left, top + _HEAD))
    row.save(path, optimize=True)


def _label(pen: ImageDraw.ImageDraw, text: str, left: int, top: int) -> None:
    center = left + OUT // 2, top + _HEAD // 2
    pen.text(center, text, _INK, ImageFont.load_default(15), anchor="mm")


def titles(cuts: Mapping[str, Cut]) -> list[str]:
    """Return the columns' titles: the original, three views of ours, one of each peer."""
    ours = ["ours: checkerboard", "black", "magenta"] if "ours" in cuts else []
    return ["original", *ours, *(METHODS[name].label for name in cuts if name != "ours")]


def tiles(sample: Sample, cuts: Mapping[str, Cut]) -> list[Image.Image]:
    """Return the sample's image in every column."""
    found = [_original(sample.data)]
    magenta = Image.new("RGBA", (OUT, OUT), "#ff00ff")
    if "ours" in cuts:
        cutout = cuts["ours"](sample.data)
        black = Image.new("RGBA", (OUT, OUT), "black")
        found += [_over(cutout, backdrop) for backdrop in (_checkerboard(), black, magenta)]
    peers = (cut for name, cut in cuts.items() if name != "ours")
    return found + [_over(cut(sample.data), magenta) for cut in peers]


def _original(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    left, top, width, height = fit_window(*image.size)
    tile = Image.new("RGB", (OUT, OUT), _SHEET)
    tile.paste(image.resize((width, height), Image.Resampling.LANCZOS), (left, top))
    return tile


def _true_cutout(sample: Sample) -> Image.Image:
    composite = over(sample.truth.references[0], MAGENTA)
    return Image.fromarray(np.rint(composite).clip(0, 255).astype(np.uint8))


def _over(png: bytes, backdrop: Image.Image) -> Image.Image:
    cutout = Image.open(io.BytesIO(png)).convert("RGBA")
    return Image.alpha_composite(backdrop, cutout).convert("RGB")


def _checkerboard() -> Image.Image:
    down, across = np.indices((OUT, OUT)) // 16
    squares = np.where((down + across) % 2, 255, 204).astype(np.uint8)
    return Image.fromarray(squares).convert("RGBA")


def _wrap(name: str) -> list[str]:
    """Break a name at its hyphens."""
    lines = [""]
    for word in name.split("-"):
        if lines[-1] and len(lines[-1]) + len(word) > _MAX_LINE:
            lines.append("")
        lines[-1] += f"{word}-"
    lines[-1] = lines[-1].removesuffix("-")
    return lines


if __name__ == "__main__":
    main()
